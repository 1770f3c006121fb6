"""Records one difference, of which a test says what matters to it."""

from __future__ import annotations

from typing import Any


def record(log, place="/data/*/gameType", kind="missing", **others: Any) -> None:
    log.record(
        **{"operation": "games.list", "direction": "answer", "standing": "sister"}
        | {"place": place, "kind": kind}
        | others
    )
