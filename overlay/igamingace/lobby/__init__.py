"""The lobby of a casino website: the games of an account, and their launch for a player."""

from igamingace.lobby._async import AsyncCatalogue, AsyncPlayerBonus, open_game_async
from igamingace.lobby._bonus import BonusIdentity, BonusState, BonusStillActive
from igamingace.lobby._open_game import OpenedGame, OpenGameFailed
from igamingace.lobby._snapshot import CatalogueChanges, CatalogueGame, CatalogueProvider, CatalogueSnapshot
from igamingace.lobby._sync import Catalogue, PlayerBonus, open_game

__all__ = [
    "AsyncCatalogue",
    "AsyncPlayerBonus",
    "BonusIdentity",
    "BonusState",
    "BonusStillActive",
    "Catalogue",
    "CatalogueChanges",
    "CatalogueGame",
    "CatalogueProvider",
    "CatalogueSnapshot",
    "OpenGameFailed",
    "OpenedGame",
    "PlayerBonus",
    "open_game",
    "open_game_async",
]
