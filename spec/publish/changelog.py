"""Reads the contract's changelog, which is in the form of Keep a Changelog."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from .versions import Version

_HEADING = re.compile(r"^## \[([^\]]+)\]", re.MULTILINE)


def entries(path: Path) -> dict[str, str]:
    """Return the text under each version's heading, by version."""
    parts = _HEADING.split(path.read_text(encoding="utf-8")) if path.exists() else [""]
    return {version: body.strip() for version, body in zip(parts[1::2], parts[2::2], strict=True)}


def entry(path: Path, version: Version) -> str | None:
    """Return the text under the version's heading; None without one, empty when it lists nothing."""
    body = entries(path).get(str(version))
    if body is None:
        return None
    return body if re.search(r"^- \S", body, re.MULTILINE) else ""
