"""Fetches a catalogue, or takes the one that another process has fetched."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from threading import Thread
from typing import TYPE_CHECKING, Any, Final

from igamingace._common.answers import field_of
from igamingace.errors import ConfigurationError, IGamingAceError
from igamingace.limits._shared import SharedUnavailable
from igamingace.lobby._snapshot import CatalogueGame, CatalogueProvider, CatalogueSnapshot
from igamingace.lobby._steps import Block, CallAll, CallOne, Sleep

if TYPE_CHECKING:
    from collections.abc import Iterator

    from igamingace_bindings.rest.models.game import Game
    from igamingace_bindings.rest.models.provider import Provider

    from igamingace._common.limited_log import LimitedLog
    from igamingace.limits._shared import SharedValues
    from igamingace.lobby._steps import Flow

__all__ = ["FetchSettings", "fetch"]

_SHARED: Final = "catalogue"
"""The name of the shared value and of the right to fetch it."""
_CLAIM_SECONDS: Final = 60.0
"""How long others wait for the process that fetches; it gives the right back earlier, unless it died."""
_POLL_SECONDS: Final = 0.2
"""How often a process that waits looks whether the other one is done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchSettings:
    """How a catalogue is fetched.

    Attributes:
        concurrency: how many providers are asked at once.
        shared: values that processes share; None where there are none.
        keep: seconds for which a fetched catalogue is kept for other processes.
        log: where it is reported that they cannot be used.
    """

    concurrency: int
    shared: SharedValues | None
    keep: float
    log: LimitedLog


def fetch(
    settings: FetchSettings, earlier: CatalogueSnapshot | None, since: datetime
) -> Flow[CatalogueSnapshot]:
    """Return a catalogue fetched at `since` or later: that of another process, or a new one.

    Args:
        settings: how it is fetched.
        earlier: what has the games of providers whose games cannot be fetched now.
        since: when the catalogue of another process must have been fetched.

    Raises:
        IGamingAceError: the providers cannot be read, or the games of none of them.
    """
    shared = settings.shared
    if shared is None:
        return (yield from _fetch(settings.concurrency, earlier))
    try:
        found = yield from _fetched_by_another(shared, since)
    except SharedUnavailable as error:
        settings.log.warning("every process fetches the catalogue for itself: %s", error)
        return (yield from _fetch(settings.concurrency, earlier))
    if found is not None:
        return found
    try:
        snapshot = yield from _fetch(settings.concurrency, earlier)
        yield Block(partial(_store, settings, shared, snapshot))
    except GeneratorExit:
        # Cancelled: no step is performed any more, and an event loop must not wait for Redis here.
        Thread(target=_release, args=(settings, shared), daemon=True).start()
        raise
    except BaseException:
        yield Block(partial(_release, settings, shared))
        raise
    yield Block(partial(_release, settings, shared))
    return snapshot


def _fetched_by_another(shared: SharedValues, since: datetime) -> Flow[CatalogueSnapshot | None]:
    """Return what another process has fetched; None when this one has the right to fetch."""
    while True:
        found = yield from _stored(shared, since)
        if found is not None:
            return found
        left: float = yield Block(partial(shared.claim, _SHARED, _CLAIM_SECONDS))
        if not left:
            # Another process may have stored one and given the right back between these two steps.
            found = yield from _stored(shared, since)
            if found is not None:
                yield Block(partial(shared.release, _SHARED))
            return found
        yield Sleep(min(left, _POLL_SECONDS))


def _stored(shared: SharedValues, since: datetime) -> Flow[CatalogueSnapshot | None]:
    packed: bytes | None = yield Block(partial(shared.get, _SHARED))
    found = None if packed is None else _unpacked(packed)
    return found if found is not None and found.fetched_at >= since else None


def _unpacked(stored: bytes) -> CatalogueSnapshot | None:
    """Return a stored snapshot; None for what another version of this package has stored."""
    try:
        return CatalogueSnapshot.from_json(zlib.decompress(stored))
    except (zlib.error, ConfigurationError):
        return None


def _store(settings: FetchSettings, shared: SharedValues, snapshot: CatalogueSnapshot) -> None:
    try:
        shared.put(_SHARED, zlib.compress(snapshot.to_json().encode()), settings.keep)
    except SharedUnavailable as error:
        settings.log.warning("other processes will fetch the catalogue as well: %s", error)


def _release(settings: FetchSettings, shared: SharedValues) -> None:
    try:
        shared.release(_SHARED)
    except SharedUnavailable as error:
        settings.log.warning("other processes wait a minute before they fetch the catalogue: %s", error)


def _fetch(concurrency: int, earlier: CatalogueSnapshot | None) -> Flow[CatalogueSnapshot]:
    begun = datetime.now(UTC)
    listed: list[Provider] = yield CallOne(lambda agent: agent.providers.list())
    ids = {one.provider_id: one for one in listed if field_of(one, "provider_id") is not None}
    results: list[list[Game] | IGamingAceError] = yield CallAll(
        tuple(partial(_list_games, provider_id) for provider_id in ids), concurrency
    )
    errors = [result for result in results if isinstance(result, IGamingAceError)]
    if errors and len(errors) == len(results):
        raise errors[0]
    return CatalogueSnapshot(
        fetched_at=begun,
        providers=tuple(
            _provider(one, result, earlier) for one, result in zip(ids.values(), results, strict=True)
        ),
    )


def _list_games(provider_id: int, agent: Any) -> Any:  # noqa: ANN401 -- of an Agent or an AsyncAgent
    return agent.games.list(provider_id)


def _provider(
    listed: Provider, result: list[Game] | IGamingAceError, earlier: CatalogueSnapshot | None
) -> CatalogueProvider:
    provider = CatalogueProvider(
        provider_id=listed.provider_id,
        name=field_of(listed, "provider_name"),
        logo=field_of(listed, "logo"),
        status=field_of(listed, "status"),
    )
    if not isinstance(result, IGamingAceError):
        return replace(provider, games=tuple(_games(provider, result)))
    before = None if earlier is None else earlier.provider(provider.provider_id)
    games = () if before is None else before.games
    return replace(
        provider,
        error=str(result),
        games=tuple(replace(game, playable=provider.playable and not game.in_maintenance) for game in games),
    )


def _games(provider: CatalogueProvider, listed: list[Game]) -> Iterator[CatalogueGame]:
    for game in listed:
        game_id: str | None = field_of(game, "game_id")
        if game_id is None:
            continue  # nobody could launch it; the difference was reported
        closed: bool | None = field_of(game, "in_maintenance")
        yield CatalogueGame(
            provider_id=provider.provider_id,
            game_id=game_id,
            name=field_of(game, "game_name"),
            image=field_of(game, "game_image"),
            type=field_of(game, "game_type"),
            in_maintenance=closed,
            playable=provider.playable and not closed,
        )
