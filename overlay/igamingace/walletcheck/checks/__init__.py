"""The checks, in the order in which they run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from igamingace.walletcheck.checks._amounts import amounts, ids
from igamingace.walletcheck.checks._basics import answers, happy
from igamingace.walletcheck.checks._bets import bets, betwins
from igamingace.walletcheck.checks._bodies import bodies, players, timestamps
from igamingace.walletcheck.checks._cancels import cancels
from igamingace.walletcheck.checks._pairs import pair_checks
from igamingace.walletcheck.checks._parallel import parallel, times
from igamingace.walletcheck.checks._refusals import refusals
from igamingace.walletcheck.checks._signatures import signatures
from igamingace.walletcheck.checks._spellings import spellings
from igamingace.walletcheck.checks._wins import wins

if TYPE_CHECKING:
    from igamingace.walletcheck._check import Check

CHECKS: Final[tuple[Check, ...]] = (
    *happy,
    *answers,
    *bets,
    *wins,
    *betwins,
    *cancels,
    *pair_checks(),
    *refusals,
    *amounts,
    *ids,
    *signatures,
    *bodies,
    *spellings,
    *timestamps,
    *players,
    *parallel,
    *times,
)
"""All checks."""
