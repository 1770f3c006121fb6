"""Writes what partners get: the bundled contract, reference, collection, vectors, wallets, checksums."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
import zipfile
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import LiteralScalarString, walk_tree

from . import HERE
from .collection import collection
from .kit import write_kit
from .npm import install
from .reference import reference

if TYPE_CHECKING:
    from .document import Object

REDOC = Path("redoc", "bundles", "redoc.standalone.js")


def publish(spec_dir: Path, document: Object, output: Path, tools: Path) -> Path:
    """Write the artefacts of `document` to `output/VERSION/`, afresh, and return that folder.

    `tools` is where the npm packages are kept between runs.

    Raises:
        PublishError: npm or a tool of it failed.
    """
    modules = install(HERE, tools)
    folder: Path = output / document["info"]["version"]
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    openapi = folder / "openapi.json"
    openapi.write_text(_json(document), encoding="utf-8")
    (folder / "openapi.yaml").write_text(as_yaml(document), encoding="utf-8")
    (folder / "reference.html").write_text(reference(document, modules / REDOC), encoding="utf-8")
    with tempfile.TemporaryDirectory() as scratch:
        made = collection(document, openapi.resolve(), modules.resolve(), Path(scratch))
    (folder / "postman_collection.json").write_text(_json(made), encoding="utf-8")
    shutil.copy(spec_dir / "CHANGELOG.md", folder / "CHANGELOG.md")
    shutil.copy(modules / f"{REDOC}.LICENSE.txt", folder / "reference.html.LICENSE.txt")
    write_kit(document, folder)
    _write_checksums(folder)
    _write_archive(folder)
    return folder


def as_yaml(document: Object) -> str:
    """Return the document as YAML, texts of several lines as blocks."""
    copy = json.loads(json.dumps(document))
    walk_tree(copy, map={"\n": LiteralScalarString})
    yaml = YAML()
    yaml.width = 110
    yaml.indent(mapping=2, sequence=4, offset=2)
    stream = StringIO()
    yaml.dump(copy, stream)
    return stream.getvalue()


def _json(document: Object) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _write_checksums(folder: Path) -> None:
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder).as_posix()}"
        for path in _files(folder)
    ]
    (folder / "SHA256SUMS").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _write_archive(folder: Path) -> None:
    """Write all of it as one archive, the same for the same files: a release has no folders."""
    name = f"igamingace-contract-{folder.name}"
    with zipfile.ZipFile(folder / f"{name}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in _files(folder):
            if path.suffix != ".zip":
                entry = zipfile.ZipInfo(f"{name}/{path.relative_to(folder).as_posix()}")
                entry.external_attr = 0o644 << 16
                archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)
