"""Which providers, games and currencies an account may use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from igamingace._common.masking import masked_repr
from igamingace.sandbox._errors import SandboxError

if TYPE_CHECKING:
    from igamingace.sandbox.store.ids import OpaqueId
    from igamingace.sandbox.store.models import Account, Game, Provider
    from igamingace.sandbox.store.state import CasinoState


def launchable(
    state: CasinoState, account: Account, provider_id: int, game_id: OpaqueId
) -> tuple[Provider, Game]:
    """Return the provider and its game, when the account can launch it now.

    Raises:
        SandboxError: as `playable`, and POINT_NOT_ENOUGH for an account without points.
    """
    found = playable(state, account, provider_id, game_id)
    if account.points[account.currency] <= 0:
        raise SandboxError(
            "POINT_NOT_ENOUGH",
            f"{account.id} has no points left in {account.currency}; its operator can transfer some",
        )
    return found


def playable(
    state: CasinoState, account: Account, provider_id: int, game_id: OpaqueId
) -> tuple[Provider, Game]:
    """Return the provider and its game, when the account can play it now.

    Assumed: which code refuses what.

    Raises:
        SandboxError: PROVIDER_NOT_FOUND, GAME_NOT_FOUND (also for another provider's game), PERMISSION_ERROR
            for a provider the account may not offer, CURRENCY_NOT_SUPPORTED, or UNDER_MAINTENANCE.
    """
    provider = offered_provider(state, account, provider_id)
    game = provider.games.get(game_id)
    if game is None:
        raise SandboxError(
            "GAME_NOT_FOUND", f"provider {provider_id} has no game {masked_repr(game_id)}; see games.list"
        )
    if account.currency not in provider.currencies:
        raise SandboxError(
            "CURRENCY_NOT_SUPPORTED", f"provider {provider_id} is not played in {account.currency}"
        )
    if provider.in_maintenance or game.in_maintenance:
        what = "game" if game.in_maintenance else "provider"
        raise SandboxError("UNDER_MAINTENANCE", f"the {what} is in maintenance; try again later")
    return provider, game


def offered_provider(state: CasinoState, account: Account, provider_id: int) -> Provider:
    """Return a provider that the account may offer.

    Raises:
        SandboxError: PROVIDER_NOT_FOUND, or PERMISSION_ERROR when the account may not offer it.
    """
    provider = state.provider(provider_id)
    if provider_id not in account.provider_ids:
        raise SandboxError(
            "PERMISSION_ERROR", f"provider {provider_id} is not among your account's providers"
        )
    return provider


def require_currency(account: Account, currency: str, place: str) -> None:
    """Accept only a currency of the account.

    Raises:
        SandboxError: CURRENCY_NOT_SUPPORTED.
    """
    if currency not in account.currencies:
        raise SandboxError(
            "CURRENCY_NOT_SUPPORTED",
            f"{place}: {account.id} has {', '.join(account.currencies)}, not {currency}",
        )
