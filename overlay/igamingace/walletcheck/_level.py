"""How much a failed check matters."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from igamingace.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from igamingace_bindings.contract import Standing

__all__ = ["Level", "level_of_standing", "require_level"]


class Level(StrEnum):
    """The level of a check.

    `required`: the rule is documented, or breaking it lets the balance differ from what the vendor's
    documented sequence gives. `robust`: the rule comes from a sister deployment, from observed traffic or
    from the older generation. `advised`: nobody states the rule; it hardens the wallet.
    """

    REQUIRED = "required"
    ROBUST = "robust"
    ADVISED = "advised"

    def counts_at(self, chosen: Level) -> bool:
        """Return whether a failed check of this level fails a run at the chosen level."""
        levels = list(Level)
        return levels.index(self) <= levels.index(chosen)


_LEVELS: Final[Mapping[Standing, Level]] = {
    "documented": Level.REQUIRED,
    "probed": Level.REQUIRED,
    "sister": Level.ROBUST,
    "observed": Level.ROBUST,
    "older": Level.ROBUST,
    "assumed": Level.ADVISED,
}


def level_of_standing(standing: Standing) -> Level:
    """Return the level of a check whose rule has this standing."""
    return _LEVELS[standing]


def require_level(name: str) -> Level:
    """Return the level of this name.

    Raises:
        ConfigurationError: there is no such level.
    """
    try:
        return Level(name)
    except ValueError:
        raise ConfigurationError(f"level: {name!r} is invalid; use {', '.join(Level)}") from None
