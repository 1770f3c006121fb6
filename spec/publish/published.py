"""The versions of the contract that were published: kept in `spec/published/`, one compressed file each."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

from .versions import PublishError, Version

if TYPE_CHECKING:
    from pathlib import Path

    from .document import Object

FOLDER = "published"
_ENDING = ".json.gz"


def versions(spec_dir: Path) -> list[Version]:
    """Return the published versions, the oldest first."""
    names = (path.name.removesuffix(_ENDING) for path in (spec_dir / FOLDER).glob(f"*{_ENDING}"))
    return sorted(map(Version.parse, names))


def load(spec_dir: Path, version: Version) -> Object:
    """Return the document of a published version."""
    content: Object = json.loads(gzip.decompress(_path(spec_dir, version).read_bytes()))
    return content


def record(spec_dir: Path, document: Object) -> Path:
    """Keep `document` as published under its version, and return the file.

    Raises:
        PublishError: another document was published under this version, or a newer version was.
    """
    version = Version.parse(document["info"]["version"])
    known = versions(spec_dir)
    if version in known and load(spec_dir, version) != document:
        raise PublishError(
            f"{version} is published and does not change: raise info.version in spec/openapi.yaml"
        )
    if known and version < known[-1]:
        raise PublishError(
            f"{known[-1]} is published and newer than {version}: raise info.version in spec/openapi.yaml"
        )
    path = _path(spec_dir, version)
    path.parent.mkdir(exist_ok=True)
    packed = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    path.write_bytes(gzip.compress(packed, mtime=0))
    return path


def _path(spec_dir: Path, version: Version) -> Path:
    return spec_dir / FOLDER / f"{version}{_ENDING}"
