"""What an agent is set up with: token, base URL, time limits, retries; each checked where it comes in."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, cast

from igamingace_bindings import contract

from igamingace._client.custom_requests import checked_body, checked_query
from igamingace._common.ip_addresses import parse_host
from igamingace._common.numbers import is_number
from igamingace._common.safe_log import SafeLogger
from igamingace._common.secret import Secret, check_token
from igamingace._common.time_zone import parse_time_zone
from igamingace._common.urls import parse_url
from igamingace._transport.base import Timeouts
from igamingace.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import tzinfo
    from urllib.parse import SplitResult

    from igamingace._transport.cancellation import CancelScope

TOKEN_VARIABLE: Final = "IGAMINGACE_API_TOKEN"  # noqa: S105 -- the name of a variable, not a token
BASE_URL_VARIABLE: Final = "IGAMINGACE_BASE_URL"
TIME_ZONE_VARIABLE: Final = "IGAMINGACE_TIME_ZONE"

_logger = SafeLogger("igamingace")
_PATHS_BEGIN: Final = "/" + next(iter(contract.OPERATIONS.values())).path.split("/")[1]
_PRINTABLE_ASCII: Final = re.compile(r"[!-~]+")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_NAME: Final = re.compile(r"[A-Za-z0-9._-]+")
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Options:
    """What can be changed for one call.

    Attributes:
        timeouts: time limits of one request.
        acquire_timeout: the longest wait for a slot, in seconds; None waits without end.
        urgent: whether the call goes ahead of bulk work in the wait for a slot.
        max_retries: how often a read is sent again after a failure that may pass.
        busy_retries: how often a call is sent again after SERVER_IS_BUSY.
        busy_timeout: seconds from the first SERVER_IS_BUSY after which the call is not sent again for it.
        backoff: the pause before the first retry, in seconds; it doubles with each, and is jittered.
        extra_query: query parameters that are sent beside those of the call, or instead of them.
        extra_body: fields of the JSON body that are sent beside those of the call, or instead of them.
        strict: whether an answer that differs from the contract is refused as a whole.
        time_zone: the zone of times whose zone is not documented; None: as the contract says.
        scope: what may cancel the call in a thread; None where nothing may.
    """

    timeouts: Timeouts = field(default_factory=Timeouts)
    acquire_timeout: float | None = None
    urgent: bool = False
    max_retries: int = 2
    busy_retries: int = 8
    busy_timeout: float = 60.0
    backoff: float = 0.25
    extra_query: Mapping[str, str] | None = field(default=None, repr=False)
    extra_body: Secret[dict[str, Any]] | None = field(default=None, repr=False)
    strict: bool = False
    time_zone: tzinfo | None = None
    scope: CancelScope | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        """Refuse what is no number, negative numbers and NaN."""
        for name in ("max_retries", "busy_retries", "busy_timeout", "backoff", "acquire_timeout"):
            value: object = getattr(self, name)
            if value is not None and not (is_number(value) and value >= 0):
                raise ConfigurationError(f"{name} is {value!r}: give a number, 0 or more")

    def changed(self, **changes: object) -> Options:
        """The same options with those changed that are not None; raises InvalidArgument for what is extra."""
        given = {name: value for name, value in changes.items() if value is not None}
        if "timeout" in given:
            given["timeouts"] = as_timeouts(given.pop("timeout"))
        if "extra_query" in given:
            given["extra_query"] = checked_query("extra_query", given["extra_query"])
        if "extra_body" in given:
            given["extra_body"] = checked_body("extra_body", cast("Secret[object]", given["extra_body"]))
        if "time_zone" in given:
            given["time_zone"] = _as_time_zone(given["time_zone"], "the argument time_zone")
        if not isinstance(given.get("strict", False), bool):
            raise ConfigurationError("strict is no bool: give True or False")
        return replace(self, **given)  # type: ignore[arg-type]  # the names are the parameters of with_options


def first_options(**given: object) -> Options:
    """The options that a new agent starts with, those from the environment included."""
    zone = os.environ.get(TIME_ZONE_VARIABLE)
    if given.get("time_zone") is None and zone:
        given["time_zone"] = _as_time_zone(zone.strip(), TIME_ZONE_VARIABLE)
    return Options().changed(**given)


def _as_time_zone(zone: object, source: str) -> tzinfo:
    try:
        return parse_time_zone(zone)
    except ValueError as error:
        reason = str(error)
    raise ConfigurationError(f"{source}: {reason}")


def as_timeouts(timeout: object) -> Timeouts:
    """Timeouts from what a user may give: Timeouts, or the total in seconds."""
    if isinstance(timeout, Timeouts):
        return timeout
    if is_number(timeout):
        return Timeouts(total=timeout)
    raise ConfigurationError(f"timeout is {timeout!r}: give seconds, or Timeouts(connect=5, total=30)")


def find_token(argument: Secret[str | None]) -> Secret[str]:
    """The token from the argument or the environment, checked.

    Raises:
        ConfigurationError: there is none, or it cannot be one.
    """
    from_environment = argument.reveal() is None
    source = TOKEN_VARIABLE if from_environment else "the argument token"
    sealed = Secret((os.environ.get(TOKEN_VARIABLE) if from_environment else argument.reveal()) or "")
    return check_token(
        sealed,
        source,
        ConfigurationError,
        f"use Agent(token=...) or set {TOKEN_VARIABLE}, each to the API token of the agent's account",
        empty="is not set or empty" if from_environment else "is empty",
    )


def find_base_url(base_url: str | None) -> str:
    """The base URL from the argument, the environment or the contract: checked, and in one spelling.

    Raises:
        ConfigurationError: it cannot be one.
    """
    given = base_url if base_url is not None else os.environ.get(BASE_URL_VARIABLE) or contract.BASE_URL
    if not isinstance(given, str):  # pyright: ignore[reportUnnecessaryIsInstance] -- callers err
        raise ConfigurationError(f"the base URL is no string: it needs the form {contract.BASE_URL}")
    if _CONTROL.search(given.strip()):  # urlsplit drops some, and the host becomes another
        raise ConfigurationError("the base URL holds a control character")
    parts, port = _split(given.strip())
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
        raise ConfigurationError(
            f"the base URL needs the form {contract.BASE_URL}: a scheme (https) and a host"
        )
    if port == 0:
        raise ConfigurationError("the port of the base URL is 0: a port is from 1 to 65535")
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise ConfigurationError("the base URL must hold no user, password, query or fragment")
    path = parts.path.rstrip("/")
    if path.endswith(_PATHS_BEGIN):
        raise ConfigurationError(
            f"the base URL must end before {_PATHS_BEGIN}: the paths of the contract start with it"
        )
    if path and not _PRINTABLE_ASCII.fullmatch(path):
        raise ConfigurationError("the path of the base URL holds a character that must be percent-encoded")
    host = _host(parts.hostname)
    if parts.scheme == "http" and not _is_loopback(host):
        _logger.warning("the base URL is plain http: the token to %s can be read on the way; use https", host)
    shown = f"[{host}]" if ":" in host else host
    return (
        f"{parts.scheme}://{shown}{'' if port in (None, _DEFAULT_PORTS[parts.scheme]) else f':{port}'}{path}"
    )


def _split(url: str) -> tuple[SplitResult, int | None]:
    try:
        parts = parse_url(url)
        port = parts.port
    except ValueError as error:
        reason = str(error)
    else:
        return parts, port
    raise ConfigurationError(f"the base URL cannot be read: {reason}")


def _host(host: str) -> str:
    if not host.isascii():
        # Python's codec follows IDNA 2003, and browsers IDNA 2008: some names lead to different hosts.
        raise ConfigurationError("the host of the base URL is not ASCII: give its form that begins with xn--")
    if ":" in host:
        if "%" in host:
            raise ConfigurationError("the host of the base URL has a zone, which the server must not be sent")
        return host
    try:
        if _NAME.fullmatch(host):
            return host.encode("idna").decode()
    except UnicodeError:
        pass
    raise ConfigurationError("the host of the base URL is no valid name")


def _is_loopback(host: str) -> bool:
    address = parse_host(host)
    return host == "localhost" or host.endswith(".localhost") if address is None else address.is_loopback


def base_url_source(base_url: str | None) -> str:
    """Where the base URL came from, for errors: the argument, the environment or the contract."""
    if base_url is not None:
        return "the argument base_url"
    return f"from {BASE_URL_VARIABLE}" if os.environ.get(BASE_URL_VARIABLE) else "the default base URL"
