"""The report as JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import msgspec

from igamingace.walletcheck._level import Level

if TYPE_CHECKING:
    from igamingace.walletcheck.reports._report import Report

__all__ = ["as_json"]


def as_json(report: Report) -> bytes:
    """Return the report as a JSON object; amounts are text, exact."""
    document = {
        "ok": report.ok,
        "level": report.level,
        "target": report.target,
        "player": report.player,
        "currency": report.currency,
        "started": report.started.isoformat(timespec="seconds"),
        "versions": report.versions,
        "cause": report.shared_cause(),
        "counts": report.counts(),
        "levels": {level: report.counts(level) for level in Level},
        "balance": {
            "before": report.balance_before,
            "after": report.balance_after,
            "moved": report.moved,
            "restored": report.restored,
        },
        "late": report.late,
        "seconds": round(report.seconds, 3),
        "checks": [asdict(result) for result in report.results],
    }
    return msgspec.json.encode(document)
