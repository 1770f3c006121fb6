"""What the commands `agents check` and `doctor` have in common: colours, and how much is shown."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from igamingace._common.text import MOST_NAMES
from igamingace.cli._output import MOST_SHOWN, more_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from igamingace.operators import HealthCheckResult, HealthReport

COLOURS: Final = {"ok": "green", "warning": "yellow", "failed": "bold red", "unknown": "red"}


def first_of_each_kind(
    found: Mapping[HealthCheckResult, tuple[str, ...]],
) -> dict[HealthCheckResult, tuple[str, ...]]:
    """Return the first results of each check and state: many of one kind do not hide the others."""
    shown: dict[HealthCheckResult, tuple[str, ...]] = {}
    numbers: Counter[tuple[str, str]] = Counter()
    for result, names in found.items():
        kind = result.check, result.state
        numbers[kind] += 1
        if numbers[kind] <= MOST_SHOWN:
            shown[result] = names
    return shown


def omission_note(report: HealthReport, left_out: int = 0) -> str:
    """Return the end of a report that leaves so many lines out, or does not name each account."""
    if left_out:
        return f" {more_text(left_out).capitalize()}."
    return " Each by name: --json." if len(report.agents) > MOST_NAMES else ""
