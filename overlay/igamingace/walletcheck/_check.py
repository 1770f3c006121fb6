"""The definition of a check, and the selection of checks by id, group or pattern."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, TypeAlias, cast

from igamingace_bindings.contract import WALLET_RULES

from igamingace.errors import ConfigurationError
from igamingace.walletcheck._level import level_of_standing

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Sequence

    from igamingace_bindings.contract import Standing

    from igamingace.walletcheck._context import CheckContext
    from igamingace.walletcheck._level import Level

CheckFunction: TypeAlias = "Callable[[CheckContext], Awaitable[None]]"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that a wallet must do.

    Attributes:
        id: `<group>.<name>`.
        title: what it tests, in a line.
        rule_name: the name of its rule in `x-wallet-rules` of the contract.
        level: how much it matters when it fails.
        advice: what to do when it fails.
        run: sends the callbacks; it raises CheckFailed when the wallet breaks the rule.
        concurrent: whether it sends callbacks at the same time.
    """

    id: str
    title: str
    rule_name: str
    level: Level
    advice: str
    run: CheckFunction
    concurrent: bool = False

    @property
    def group(self) -> str:
        """The part of the id before the dot."""
        return self.id.partition(".")[0]

    @property
    def rule(self) -> str:
        """The rule, as the contract states it."""
        return WALLET_RULES[self.rule_name].text

    @property
    def standing(self) -> Standing:
        """How well the rule is known, as the contract states it."""
        return WALLET_RULES[self.rule_name].standing

    @property
    def pointer(self) -> str:
        """Where the rule is in the contract's `openapi.json`, as a JSON pointer."""
        return f"#/x-wallet-rules/{self.rule_name}"


class CheckGroup:
    """Checks whose ids have the same prefix."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._checks: list[Check] = []

    def __iter__(self) -> Iterator[Check]:
        """Iterate over the checks in the order of their definition."""
        return iter(self._checks)

    def check(
        self,
        name: str,
        title: str,
        *,
        rule: str,
        advice: str,
        level: Level | None = None,
        concurrent: bool = False,
    ) -> Callable[[CheckFunction], CheckFunction]:
        """Return a decorator that adds a function as a check.

        Args:
            name: the id after the dot.
            title: what it tests, in a line.
            rule: the name of its rule in the contract.
            advice: what to do when it fails.
            level: its level, where it is not that of the rule's standing.
            concurrent: whether it sends callbacks at the same time.
        """
        chosen = level or level_of_standing(WALLET_RULES[rule].standing)

        def add(run: CheckFunction) -> CheckFunction:
            self._checks.append(
                Check(f"{self._name}.{name}", title, rule, chosen, advice, run, concurrent=concurrent)
            )
            return run

        return add


def select_checks(checks: Sequence[Check], only: Iterable[str] = (), skip: Iterable[str] = ()) -> list[Check]:
    """Return the checks that `only` names (all if it is empty), without those that `skip` names.

    Args:
        checks: the checks to select from.
        only: ids (`bet.duplicate`), groups (`bet`) or patterns (`*.duplicate*`).
        skip: the same.

    Raises:
        ConfigurationError: a name matches no check, or no check is left; `only` or `skip` is no list of
            names.
    """
    selected = [_matching(checks, name) for name in _names("only", only)] or [list(checks)]
    skipped = {check.id for name in _names("skip", skip) for check in _matching(checks, name)}
    ids = {check.id for group in selected for check in group} - skipped
    if not ids:
        raise ConfigurationError("no check is left: --skip excludes all that --only selects")
    return [check for check in checks if check.id in ids]


def _names(option: str, names: object) -> list[str]:
    listed = [*cast("Iterable[object]", names)] if isinstance(names, Iterable) else [names]
    if isinstance(names, str) or not all(isinstance(name, str) for name in listed):
        raise ConfigurationError(f'{option}: give a list of the names of checks, such as ["bet"]')
    return cast("list[str]", listed)


def _matching(checks: Sequence[Check], name: str) -> list[Check]:
    matching = [check for check in checks if name in {check.id, check.group} or fnmatchcase(check.id, name)]
    if matching:
        return matching
    close = get_close_matches(name, [check.id for check in checks])
    hint = f"; did you mean {' or '.join(close)}?" if close else "."
    raise ConfigurationError(f"there is no check {name!r}{hint} See `igamingace wallet check --list`.")
