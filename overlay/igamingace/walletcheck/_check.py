"""A check: its name, the vendor's rule with its standing, what to do when it fails, and what it plays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from igamingace_bindings.contract import Standing

    from igamingace.walletcheck._context import Play

Script: TypeAlias = "Callable[[Play], Awaitable[None]]"


class Failed(Exception):  # noqa: N818 -- a finding, not an error of ours
    """The wallet broke the rule; the message says how."""


class Skipped(Exception):  # noqa: N818 -- as above
    """The check says nothing about this wallet; the message says why."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that a wallet must do.

    Attributes:
        id: `<group>.<name>`.
        title: what it tries, in a line.
        rule: what the vendor asks for.
        standing: how well that rule is known.
        advice: what to do when it fails.
        script: plays the callbacks; it raises Failed where the wallet breaks the rule.
    """

    id: str
    title: str
    rule: str
    standing: Standing
    advice: str
    script: Script

    @property
    def group(self) -> str:
        """The part of the id before the dot."""
        return self.id.partition(".")[0]


class Group:
    """Checks whose ids begin alike."""

    def __init__(self, name: str) -> None:
        """Take how the ids begin."""
        self._name = name
        self._checks: list[Check] = []

    def __iter__(self) -> Iterator[Check]:
        """Give the checks in the order in which they were written."""
        return iter(self._checks)

    def add(
        self, name: str, title: str, *, rule: str, standing: Standing, advice: str
    ) -> Callable[[Script], Script]:
        """Make a check of a function."""

        def keep(script: Script) -> Script:
            self._checks.append(Check(f"{self._name}.{name}", title, rule, standing, advice, script))
            return script

        return keep
