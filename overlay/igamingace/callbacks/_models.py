"""The callbacks as generated from the contract, with `timestamp` a datetime whichever unit it came in."""

from __future__ import annotations

from typing import TypeAlias

from igamingace_bindings import callbacks as generated
from pydantic import AwareDatetime  # noqa: TC002 -- pydantic reads the annotations at run time


class Balance(generated.Balance):
    """Asks for the player's balance."""

    timestamp: AwareDatetime  # type: ignore[assignment] # an integer in the contract, a moment here


class Bet(generated.Bet):
    """Takes a stake."""

    timestamp: AwareDatetime  # type: ignore[assignment] # as above


class Win(generated.Win):
    """Pays a win."""

    timestamp: AwareDatetime  # type: ignore[assignment] # as above


class BetWin(generated.BetWin):
    """Takes a stake and pays a win, both or neither."""

    timestamp: AwareDatetime  # type: ignore[assignment] # as above


class Cancel(generated.Cancel):
    """Refunds a whole bet."""

    timestamp: AwareDatetime  # type: ignore[assignment] # as above


Callback: TypeAlias = Balance | Bet | Win | BetWin | Cancel
"""What iGamingAce calls a wallet for."""
