"""Compares two versions of the contract."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .changes import Change, Level
from .document import Document, Object
from .operations import compare_operations
from .top_level import EVERYWHERE, compare_top_level

if TYPE_CHECKING:
    from collections.abc import Iterable


def compare(before: Object, after: Object) -> list[Change]:
    """Return what changed from `before` to `after`, the worst first; the version itself is no change."""
    found = [*compare_top_level(before, after), *compare_operations(Document(before), Document(after))]
    if not found and _versionless(before) != _versionless(after):
        found = [Change(Level.TEXT, EVERYWHERE, "", "texts, examples or notes for tools changed")]
    return sorted(set(found), key=lambda change: (-change.level, change))


def required(changes: Iterable[Change]) -> Level | None:
    """Return the highest level among the changes; None without any."""
    return max((change.level for change in changes), default=None)


def _versionless(document: Object) -> Object:
    info = {key: value for key, value in document.get("info", {}).items() if key != "version"}
    return {**document, "info": info}
