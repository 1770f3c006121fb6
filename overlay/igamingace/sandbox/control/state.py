"""`/_sandbox/state`, and the changes of accounts and providers that only the sandbox allows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from igamingace._common.json import encode
from igamingace._common.urls import is_callable_url
from igamingace.sandbox._errors import SandboxError
from igamingace.sandbox._json import items, members
from igamingace.sandbox.control.fields import boolean, only, text
from igamingace.sandbox.control.router import control_route
from igamingace.sandbox.control.view import show_account, show_provider, show_sandbox
from igamingace.sandbox.http.asgi import Response
from igamingace.sandbox.store.addresses import parse_allowed
from igamingace.sandbox.store.amounts import amount_in

if TYPE_CHECKING:
    from decimal import Decimal

    from igamingace.sandbox._json import JSON, Object
    from igamingace.sandbox.control.router import ControlRequest
    from igamingace.sandbox.store.models import Account, Mode

_MAX_URL = 2_000


@control_route("GET", "state")
async def state(request: ControlRequest) -> Response:
    """Give all there is to see."""
    return Response(200, encode(show_sandbox(request.runtime, request.contract)))


@control_route("GET", "accounts/{account}/token")
async def show_token(request: ControlRequest) -> Response:
    """Give the whole token of an account, for the page's button that copies it."""
    body = {"token": _account(request).token}
    return Response(200, encode(body), headers=((b"cache-control", b"no-store"),))


@control_route("PATCH", "accounts/{account}")
async def change_account(request: ControlRequest) -> Response:
    """Change points, allowed addresses, callback url or mode of an account; all of it, or nothing."""
    account = _account(request)
    body = only(await request.json(), ("points", "allowed_ips", "callback_url", "mode"))
    points = _points(account, body.get("points", {}))
    allowed = _addresses(body["allowed_ips"]) if "allowed_ips" in body else account.allowed_ips
    url = _url(body["callback_url"]) if "callback_url" in body else account.callback_url
    mode = _mode(body["mode"]) if "mode" in body else account.chosen_mode
    account.points.update(points)
    account.allowed_ips, account.callback_url, account.chosen_mode = allowed, url, mode
    return Response(200, encode(show_account(account, request.runtime)))


@control_route("PATCH", "providers/{provider}")
async def change_provider(request: ControlRequest) -> Response:
    """Take a provider into maintenance, or out of it."""
    name = request.path["provider"]
    provider = request.runtime.state.providers.get(int(name) if name.isdecimal() and len(name) < 19 else -1)  # noqa: PLR2004 - digits of a 64-bit number
    if provider is None:
        raise SandboxError("PROVIDER_NOT_FOUND", f"there is no provider {name!r}")
    body: Object = only(await request.json(), ("in_maintenance",))
    if "in_maintenance" in body:
        provider.in_maintenance = boolean(body["in_maintenance"], "body.in_maintenance")
    return Response(200, encode(show_provider(provider)))


def _account(request: ControlRequest) -> Account:
    account = request.runtime.state.accounts.get(request.path["account"])
    if account is None:
        raise SandboxError("AGENT_NOT_FOUND", f"there is no account {request.path['account']!r}")
    return account


def _points(account: Account, given: JSON) -> dict[str, Decimal]:
    points: dict[str, Decimal] = {}
    if not isinstance(given, dict):
        raise SandboxError("VALIDATION_ERROR", "body.points: must be an object of amounts by currency")
    for currency, value in members(given).items():
        place = f"body.points.{currency}"
        if currency not in account.currencies:
            raise SandboxError(
                "CURRENCY_NOT_SUPPORTED", f"{place}: {account.id} has {', '.join(account.currencies)}"
            )
        points[currency] = amount_in(currency, value, place)
        if points[currency] < 0:
            raise SandboxError("PARAMETERS_INVALID", f"{place}: must not be negative")
    return points


def _addresses(given: JSON) -> tuple[str, ...]:
    place = "body.allowed_ips"
    if isinstance(given, str):
        return parse_allowed([given], place)
    if not isinstance(given, list):
        raise SandboxError("VALIDATION_ERROR", f"{place}: must be an array of texts, or a text")
    return parse_allowed(
        [text(entry, f"{place}[{index}]") for index, entry in enumerate(items(given))], place
    )


def _url(given: JSON) -> str | None:
    if given is None or given == "":
        return None
    url = text(given, "body.callback_url")
    if len(url) > _MAX_URL or not is_callable_url(url):
        raise SandboxError(
            "PARAMETERS_INVALID", "body.callback_url: must be a URL that starts with http:// or https://"
        )
    return url


def _mode(given: JSON) -> Mode | None:
    if given not in ("seamless", "transfer", None):
        raise SandboxError("PARAMETERS_INVALID", "body.mode: must be seamless or transfer")
    mode: Mode | None = given
    return mode
