"""The requests of a probe in their order, written once for threads and for asyncio.

A generator without IO: it yields what to send and pauses, and receives what came of each request.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from igamingace_bindings.rest.api.transactions.transactions_list import OPERATION as LIST_TRANSACTIONS
from igamingace_bindings.scalars import Time

from igamingace._common.currencies import is_currency
from igamingace.errors import (
    AcquireTimeout,
    AgentClosed,
    AuthenticationError,
    ConfigurationError,
    IPNotAllowed,
    RateLimited,
    ServerIsBusy,
    TransportError,
    UnderMaintenance,
)
from igamingace.probe._exchange import Exchange, Pause, Refusal, Send
from igamingace.probe._zones import WINDOW, Window, clock_times, offset_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

__all__ = ["MAX_REQUESTS", "WINDOW_PAUSE", "Findings", "created_at", "probe_flow"]

MAX_REQUESTS: Final = 20
"""The most requests of a probe, without those that are sent again."""
WINDOW_PAUSE: Final = 31.0
"""Seconds between two windows of transactions; the older generation asks for more than 30."""

_PAGE: Final = 100
_NO_PROVIDER: Final = 2_147_483_647
_NO_PLAYER: Final = "igamingace-probe-no-such-player"
_NO_PATH: Final = "/v1/igamingace-probe/no-such-path"

_OURS: Final = (AgentClosed, ConfigurationError)
"""Errors that say nothing of the platform."""
_CANNOT_START: Final = (
    AcquireTimeout,
    AuthenticationError,
    IPNotAllowed,
    RateLimited,
    ServerIsBusy,
    TransportError,
    UnderMaintenance,
)
"""Errors of the first request that leave nothing to compare."""
_MUST_STOP: Final = (AcquireTimeout, RateLimited, ServerIsBusy, TransportError, UnderMaintenance)
"""Errors after which no further request is sent."""

Step: TypeAlias = Send | Pause
Flow: TypeAlias = Generator[Step, Any, "Findings"]


@dataclass(slots=True)
class Findings:
    """What a probe learned.

    Attributes:
        exchanges: the requests, and what came of each.
        not_tried: why an operation was not called, by its name.
        windows: the windows of transactions.
        stopped: why the probe ended early; None when it did not.
    """

    exchanges: list[Exchange] = field(default_factory=list[Exchange])
    not_tried: dict[str, str] = field(default_factory=dict[str, str])
    windows: list[Window] = field(default_factory=list[Window])
    stopped: str | None = None


class _Stopped(Exception):  # noqa: N818 -- ends the flow; it is no error
    """The platform is not to be asked any more."""


def probe_flow(
    player: str | None, bonus_call: str | None, *, window_pause: float, clock: Callable[[], datetime]
) -> Flow:
    """Return the requests of a probe.

    Args:
        player: your id of a player to read; None for one that the transactions name.
        bonus_call: the id of a bonus call to read.
        window_pause: seconds between two windows of transactions.
        clock: the time of this host, in UTC; the difference to the server's is taken into account.

    Raises:
        IGamingAceError: the first request was refused in a way that leaves nothing to compare.
    """
    found = Findings()
    try:
        yield from _Plan(found, clock).run(player, bonus_call, window_pause)
    except _Stopped as reason:
        found.stopped = str(reason)
    return found


@dataclass(slots=True)
class _Plan:
    found: Findings
    clock: Callable[[], datetime]
    ahead: timedelta = timedelta(0)

    def run(self, player: str | None, bonus_call: str | None, window_pause: float) -> Generator[Step, Any]:
        listed = yield from self.send(Send("providers.list", lambda raw: raw.providers.list()))
        info = yield from self.send(Send("operators.info", lambda raw: raw.operators.info()))
        yield from self.settings(listed, info)
        transactions = yield from self.transactions(window_pause)
        yield from self.round(transactions)
        player = player or next(_values(transactions, "user_external_id"), None)
        if player is None:
            self.skip("players.info", "no player: give the id of one, or play a round shortly before")
        else:
            yield from self.send(
                Send("players.info", lambda raw: raw.players.info(player_external_id=player))
            )
        if bonus_call is None:
            self.skip("bonus_calls.detail", "no bonus call: give the id of one")
        else:
            yield from self.send(
                Send("bonus_calls.detail", lambda raw: raw.bonus_calls.detail(issue_id=bonus_call))
            )
        for send in _refusals():
            yield from self.send(send)

    def send(self, send: Send) -> Generator[Step, Any, Exchange]:
        exchange: Exchange = yield send
        error, first = exchange.error, not self.found.exchanges
        if isinstance(error, _OURS) or (first and isinstance(error, _CANNOT_START)):
            raise error
        self.found.exchanges.append(exchange)
        if exchange.server_time is not None and exchange.response is not None:
            self.ahead = exchange.server_time - exchange.sent_at
        if isinstance(error, _MUST_STOP):
            raise _Stopped(f"{send.name}: {type(error).__name__}")
        return exchange

    def skip(self, name: str, reason: str) -> None:
        self.found.not_tried[name] = reason

    def settings(self, listed: Exchange, info: Exchange) -> Generator[Step, Any]:
        """Read settings and games of one provider."""
        settings = yield from self.send(
            Send("providers.list_settings", lambda raw: raw.providers.list_settings())
        )
        pairs = [
            (provider, currency)
            for item in _items(settings.data)
            if (provider := _provider_id(item)) is not None
            and (currency := _currency(getattr(item, "currency", None)))
        ]
        providers = [number for item in _items(listed.data) if (number := _provider_id(item)) is not None]
        currencies = [
            currency
            for money in _items(getattr(info.data, "balance", None))
            if (currency := _currency(getattr(money, "currency", None)))
        ]
        pairs += [(provider, currency) for provider in providers[:1] for currency in currencies[:1]]
        if pairs:
            provider, currency = pairs[0]
            yield from self.send(
                Send("providers.settings", lambda raw: raw.providers.settings(provider, currency))
            )
        else:
            self.skip("providers.settings", "no answer named a provider and a currency")
        providers += [provider for provider, _ in pairs]
        if providers:
            first = providers[0]
            yield from self.send(Send("games.list", lambda raw: raw.games.list(first)))
        else:
            self.skip("games.list", "no answer named a provider")

    def transactions(self, window_pause: float) -> Generator[Step, Any, list[Any]]:
        """Read a window around now in the contract's zone; if it is empty or refused, another in UTC."""
        rows: list[Any] = []
        for number, zone in enumerate(_window_zones()):
            if number:
                yield Pause(window_pause)
            now = (self.clock() + self.ahead).replace(microsecond=0)
            first = yield from self.send(_window_send(now, zone))
            rows, pages = _rows(first), [first]
            total = _integer(getattr(first.data, "total", None))
            if rows and total is not None and total > len(rows):  # the newest may be on the last page
                pages.append((yield from self.send(_window_send(now, zone, max(total - _PAGE, len(rows))))))
            times = [time for page in pages for time in clock_times(created_at(page))]
            self.found.windows.append(Window(now, zone, times))
            if rows:
                break
        return rows

    def round(self, transactions: list[Any]) -> Generator[Step, Any]:
        """Ask for the page of the first round among transactions."""
        sources = {
            "player_external_id": "user_external_id",
            "round_id": "round_id",
            "provider_id": "provider_id",
            "game_code": "game_code",
        }
        for row in transactions:
            arguments = {name: getattr(row, source, None) for name, source in sources.items()}
            if None not in arguments.values():
                call = partial(_call, "transactions", "round", arguments)
                yield from self.send(Send("transactions.round", call))
                return
        self.skip("transactions.round", "no transaction of a round: play one shortly before")


def _call(tag: str, method: str, arguments: Mapping[str, object], raw: Any) -> Any:  # noqa: ANN401 -- a view
    return getattr(getattr(raw, tag), method)(**arguments)


def _refusals() -> Iterator[Send]:
    """The requests that are to be refused; that with a wrong token last, since it may be held against us."""

    def providers(raw: Any) -> Any:  # noqa: ANN401 -- a view of either kind
        return raw.providers.list()

    yield Send(
        "games.list",
        lambda raw: raw.games.list(_NO_PROVIDER),
        "unknown provider",
        refusal=Refusal(("PROVIDER_NOT_FOUND",)),
    )
    yield Send(
        "players.info",
        lambda raw: raw.players.info(player_external_id=_NO_PLAYER),
        "unknown player",
        refusal=Refusal(("USER_NOT_FOUND",)),
    )
    yield Send(
        "transactions.list",
        lambda raw: raw.request("GET", "/v1/transaction/list"),
        "no parameters",
        refusal=Refusal(("VALIDATION_ERROR", "PARAMETERS_INVALID")),
    )
    yield Send(
        "request", lambda raw: raw.request("GET", _NO_PATH), "unknown path", refusal=Refusal(http_status=404)
    )
    # That each request carries these headers is documented, and not what happens to one that does not.
    yield Send("providers.list", providers, "no Accept", change="Accept", refusal=Refusal())
    yield Send("providers.list", providers, "no Content-Type", change="Content-Type", refusal=Refusal())
    yield Send(
        "providers.list",
        providers,
        "no Authorization",
        change="Authorization",
        refusal=Refusal(("TOKEN_NOT_FOUND",)),
    )
    yield Send(
        "providers.list",
        providers,
        "wrong token",
        change="wrong token",
        refusal=Refusal(("TOKEN_INVALID",)),
    )


def _window_zones() -> list[timezone]:
    """The zones of windows: the contract's, then UTC unless the contract's is documented."""
    times = [each.type for each in LIST_TRANSACTIONS.in_query or () if isinstance(each.type, Time)]
    zones = [each.zone for each in times[:1]]
    if not any(each.standing == "documented" or each.zone == UTC for each in times):
        zones.append(UTC)
    return zones


def _window_send(now: datetime, zone: timezone, offset: int = 0) -> Send:
    return Send(
        "transactions.list",
        lambda raw: raw.transactions.list(
            start_time=now - WINDOW, end_time=now + WINDOW, offset=offset, limit=_PAGE
        ),
        f"around now in UTC{offset_text(zone.utcoffset(None))}{', last page' if offset else ''}",
        time_zone=zone,
    )


def _rows(page: Exchange) -> list[Any]:
    return list(_items(getattr(page.data, "list_", None)))


def created_at(page: Exchange) -> Iterator[object]:
    """When the transactions of a page were made, as it came."""
    envelope: Any = page.body
    for row in envelope["data"]["list"] if _rows(page) else ():
        yield row.get("createdAt")


def _items(value: object) -> Iterator[Any]:
    if isinstance(value, list):
        yield from value  # pyright: ignore[reportUnknownVariableType] -- of any JSON


def _values(models: list[Any], name: str) -> Iterator[Any]:
    for model in models:
        value = getattr(model, name, None)
        if value:
            yield value


def _provider_id(model: Any) -> int | None:  # noqa: ANN401 -- a model of the bindings
    return _integer(getattr(model, "provider_id", None))


def _integer(value: object) -> int | None:
    return value if isinstance(value, int) else None


def _currency(value: object) -> str:
    return value if is_currency(value) else ""
