"""What the commands `agents check` and `doctor` have in common: colours, and names in few words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from igamingace._common.text import MOST_NAMES, names_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from igamingace.operators import HealthReport

COLOURS: Final = {"ok": "green", "warning": "yellow", "failed": "bold red", "unknown": "red"}


def accounts_text(names: Sequence[str], number: int) -> str:
    """Return the names of the accounts that a line is about, of so many accounts in all."""
    if len(names) == number > 1:
        return f"all {number}"
    return names_text(names)


def where_all_are(report: HealthReport) -> str:
    """Return a sentence for the end of a report that does not name each account."""
    return " Each by name: --json." if len(report.agents) > MOST_NAMES else ""
