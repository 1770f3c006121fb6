"""Chooses checks by id, group or pattern."""

from __future__ import annotations

from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from igamingace.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from igamingace.walletcheck._check import Check


def select(checks: Sequence[Check], only: Iterable[str] = (), skip: Iterable[str] = ()) -> list[Check]:
    """Return the checks that `only` names (all when it names none), without those that `skip` names.

    Args:
        checks: what there is to choose from.
        only: ids (`bet.duplicate`), groups (`bet`) or patterns (`*.duplicate*`).
        skip: the same.

    Raises:
        ConfigurationError: a name fits no check, or none is left.
    """
    wanted = [_fitting(checks, name) for name in only] or [list(checks)]
    unwanted = {check.id for name in skip for check in _fitting(checks, name)}
    ids = {check.id for fitting in wanted for check in fitting} - unwanted
    if not ids:
        raise ConfigurationError("no check is left: --skip takes away all that --only names")
    return [check for check in checks if check.id in ids]


def _fitting(checks: Sequence[Check], name: str) -> list[Check]:
    found = [check for check in checks if name in {check.id, check.group} or fnmatchcase(check.id, name)]
    if found:
        return found
    close = get_close_matches(name, [check.id for check in checks])
    hint = f"; did you mean {' or '.join(close)}?" if close else ""
    raise ConfigurationError(f"there is no check {name!r}{hint} See `igamingace wallet check --list`.")
