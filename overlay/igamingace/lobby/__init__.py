"""The lobby of a casino website: the games of an account, and their launch for a player."""

from igamingace.lobby._async import AsyncCatalogue, open_game_async
from igamingace.lobby._open_game import OpenedGame, OpenGameFailed
from igamingace.lobby._snapshot import CatalogueChanges, CatalogueGame, CatalogueProvider, CatalogueSnapshot
from igamingace.lobby._sync import Catalogue, open_game

__all__ = [
    "AsyncCatalogue",
    "Catalogue",
    "CatalogueChanges",
    "CatalogueGame",
    "CatalogueProvider",
    "CatalogueSnapshot",
    "OpenGameFailed",
    "OpenedGame",
    "open_game",
    "open_game_async",
]
