"""The files of spec/conformance/: a file for each group, the manifest, and the schema of both."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Final

from . import HERE, TOKEN, signatures
from .commands import amounts, commands
from .refusals import integrity, refusals
from .sequences import cancels, idempotency
from .spellings import spellings

if TYPE_CHECKING:
    from pathlib import Path

    from .scenario import Object

FORMAT: Final = 1
"""The version of the files' form."""
GROUPS: Final = (commands, amounts, idempotency, cancels, refusals, integrity, spellings)
WRITTEN_BY_HAND: Final = ("README.md", "schema.json")
"""What stands in spec/vectors/ and is copied."""


def files(version: str) -> dict[str, bytes]:
    """Return the content of each file by its name; `version` is the contract's."""
    groups = {group.name: (group.title, [each.content() for each in group.vectors]) for group in GROUPS}
    content = {"signature": (signatures.TITLE, signatures.vectors()), **groups}
    made = {name: (HERE / name).read_bytes() for name in WRITTEN_BY_HAND}
    for name, (title, vectors) in content.items():
        made[f"{name}.json"] = _json({"format": FORMAT, "title": title, "token": TOKEN, "vectors": vectors})
    manifest: Object = {
        "format": FORMAT,
        "contract": version,
        "schema": "schema.json",
        "token": TOKEN,
        "signatures": "signature.json",
        "wallets": [f"{group.name}.json" for group in GROUPS],
        "vectors": {f"{name}.json": len(vectors) for name, (_, vectors) in content.items()},
        "players": players([vector for name in groups for vector in groups[name][1]]),
        "sha256": {name: hashlib.sha256(raw).hexdigest() for name, raw in sorted(made.items())},
    }
    return {**made, "manifest.json": _json(manifest)}


def players(vectors: list[Object]) -> list[Object]:
    """Return the players of all vectors, so that a wallet can be given them at once."""
    return [player for vector in vectors for player in vector["before"]["players"]]


def differences(folder: Path, version: str) -> list[str]:
    """Return what is not as it would be made: stale, missing or orphaned files."""
    made = files(version)
    there = {path.name: path.read_bytes() for path in folder.iterdir()} if folder.is_dir() else {}
    return [
        *(f"{name}: stale" for name, raw in made.items() if name in there and there[name] != raw),
        *(f"{name}: missing" for name in made if name not in there),
        *(f"{name}: nothing makes it" for name in there if name not in made),
    ]


def generate(folder: Path, version: str) -> None:
    """Write the files afresh."""
    folder.mkdir(exist_ok=True)
    made = files(version)
    for path in folder.iterdir():
        if path.name not in made:
            path.unlink()
    for name, raw in made.items():
        (folder / name).write_bytes(raw)


def _json(content: Object) -> bytes:
    return (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode()
