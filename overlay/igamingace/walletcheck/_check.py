"""The definition of a check, and the selection of checks by id, group or pattern."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, TypeAlias

from igamingace.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence

    from igamingace_bindings.contract import Standing

    from igamingace.walletcheck._context import CheckContext

CheckFunction: TypeAlias = "Callable[[CheckContext], Awaitable[None]]"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that a wallet must do.

    Attributes:
        id: `<group>.<name>`.
        title: what it tests, in a line.
        rule: the vendor's rule.
        standing: how certain that rule is.
        advice: what to do when it fails.
        run: sends the callbacks; it raises CheckFailed when the wallet breaks the rule.
    """

    id: str
    title: str
    rule: str
    standing: Standing
    advice: str
    run: CheckFunction

    @property
    def group(self) -> str:
        """The part of the id before the dot."""
        return self.id.partition(".")[0]


class CheckGroup:
    """Checks whose ids have the same prefix."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._checks: list[Check] = []

    def __iter__(self) -> Iterator[Check]:
        """Iterate over the checks in the order of their definition."""
        return iter(self._checks)

    def check(
        self, name: str, title: str, *, rule: str, standing: Standing, advice: str
    ) -> Callable[[CheckFunction], CheckFunction]:
        """Return a decorator that adds a function as a check."""

        def add(run: CheckFunction) -> CheckFunction:
            self._checks.append(Check(f"{self._name}.{name}", title, rule, standing, advice, run))
            return run

        return add


def select_checks(checks: Sequence[Check], only: Iterable[str] = (), skip: Iterable[str] = ()) -> list[Check]:
    """Return the checks that `only` names (all if it is empty), without those that `skip` names.

    Args:
        checks: the checks to select from.
        only: ids (`bet.duplicate`), groups (`bet`) or patterns (`*.duplicate*`).
        skip: the same.

    Raises:
        ConfigurationError: a name matches no check, or no check is left.
    """
    selected = [_matching(checks, name) for name in only] or [list(checks)]
    skipped = {check.id for name in skip for check in _matching(checks, name)}
    ids = {check.id for group in selected for check in group} - skipped
    if not ids:
        raise ConfigurationError("no check is left: --skip excludes all that --only selects")
    return [check for check in checks if check.id in ids]


def _matching(checks: Sequence[Check], name: str) -> list[Check]:
    matching = [check for check in checks if name in {check.id, check.group} or fnmatchcase(check.id, name)]
    if matching:
        return matching
    close = get_close_matches(name, [check.id for check in checks])
    hint = f"; did you mean {' or '.join(close)}?" if close else "."
    raise ConfigurationError(f"there is no check {name!r}{hint} See `igamingace wallet check --list`.")
