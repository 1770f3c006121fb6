"""What the commands `agents check` and `doctor` have in common: colours, and names in few words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from igamingace._common.text import names_text

if TYPE_CHECKING:
    from collections.abc import Sequence

COLOURS: Final = {"ok": "green", "warning": "yellow", "failed": "bold red", "unknown": "red"}


def accounts_text(names: Sequence[str], number: int) -> str:
    """Return the names of the accounts that a line is about, of so many accounts in all."""
    if len(names) == number > 1:
        return f"all {number}"
    return names_text(names)
