"""What calls answer with and take: the models of the contract, and its open enums.

    from igamingace.models import Game, GameType

    def slots(games: list[Game]) -> list[Game]:
        return [game for game in games if game.game_type is GameType.SLOT]

A model is an immutable value with an attribute for each property: of the declared type, or None where the
property may be missing. Using one whose value is missing or cannot be read raises
`igamingace.errors.UnexpectedField`. `dict(model)` has the Python names, `to_dict()` the names of the API, and
`to_json()` is the JSON text, with every digit.

A value that an enum does not list is a member too: `GameType(7).name` is "UNKNOWN_7", and it equals 7.
"""

from __future__ import annotations

from igamingace_bindings.rest.models import *  # noqa: F403 -- what the contract has, and no name written again
from igamingace_bindings.rest.models import __all__ as __all__  # noqa: PLC0414 -- and none is
