"""Shows what regeneration would change in the committed bindings: in CI's summary, and in `nox -s renew`."""

from __future__ import annotations

import difflib
import tempfile
from pathlib import Path

from codegen.generate import generate

_SHOWN_LINES = 600


def bindings_diff(spec_dir: Path, package_dir: Path) -> str:
    """Return a Markdown report of what the contract generates against what is committed; empty when the same.

    The code is shown, not the bundled contract beside it: `spec-diff` tells of that.

    Raises:
        BundleError: the contract's files do not fit together.
        GenerateError: a generator failed.
    """
    with tempfile.TemporaryDirectory() as scratch:
        fresh_dir = Path(scratch) / package_dir.name
        generate(spec_dir, fresh_dir)
        fresh, committed = _texts(fresh_dir), _texts(package_dir)
    changed = [
        path for path in sorted(fresh.keys() | committed.keys()) if fresh.get(path) != committed.get(path)
    ]
    if not changed:
        return ""
    lines = [line for path in changed if path.endswith(".py") for line in _diff(path, committed, fresh)]
    left_out = len(lines) - _SHOWN_LINES
    if left_out > 0:
        lines = [*lines[:_SHOWN_LINES], f"… {left_out} lines more"]
    files = [f"- `{path}`{_fate(path, committed, fresh)}" for path in changed]
    return "\n".join(["## What regeneration changes", "", *files, "", "```diff", *lines, "```", ""])


def _texts(package_dir: Path) -> dict[str, str]:
    return {
        path.relative_to(package_dir).as_posix(): path.read_text(encoding="utf-8")
        for path in package_dir.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def _fate(path: str, committed: dict[str, str], fresh: dict[str, str]) -> str:
    if path not in committed:
        return " (new)"
    return "" if path in fresh else " (gone)"


def _diff(path: str, committed: dict[str, str], fresh: dict[str, str]) -> list[str]:
    old, new = committed.get(path, "").splitlines(), fresh.get(path, "").splitlines()
    return list(difflib.unified_diff(old, new, f"a/{path}", f"b/{path}", lineterm="", n=1))
