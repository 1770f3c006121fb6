"""Renews the renderer of the contract's reference page, kept in the package so that it works without internet.

`python -m codegen.renderer [VERSION]` from `spec/`: fetches it from npm, the newest version when none is named.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any, Final

PACKAGE: Final = "@scalar/api-reference"
FILE: Final = "dist/browser/standalone.js"
KEPT: Final = Path(__file__).parents[2] / "overlay" / "igamingace" / "sandbox" / "pages" / "renderer"


def main(version: str = "latest") -> None:
    """Put that version in the place of the one that is kept.

    Raises:
        SystemExit: npm is missing or could not provide it.
    """
    with tempfile.TemporaryDirectory() as directory:
        packed = pack(version, Path(directory))
        with tarfile.open(Path(directory) / packed["filename"]) as archive:
            script = content(archive, f"package/{FILE}")
    if json.loads((KEPT / "renderer.json").read_bytes()).get("version") == packed["version"]:
        print(f"{PACKAGE} {packed['version']} is what is kept")
        return
    keep(script, packed)


def pack(version: str, directory: Path) -> dict[str, Any]:
    """Have npm fetch the package, checked by its own integrity; return what npm says of it."""
    npm = shutil.which("npm")
    if npm is None:
        raise SystemExit("npm is not installed")
    command = [npm, "pack", "--json", "--pack-destination", str(directory), f"{PACKAGE}@{version}"]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False)
    if done.returncode:
        raise SystemExit(f"npm could not provide {PACKAGE}@{version}")
    packed: dict[str, Any] = json.loads(done.stdout)[0]
    return packed


def content(archive: tarfile.TarFile, name: str) -> bytes:
    """Return the content of a file in the archive."""
    file = archive.extractfile(name)
    if file is None:
        raise SystemExit(f"the package has no {name}")
    return file.read()


def keep(script: bytes, packed: dict[str, Any]) -> None:
    """Write the script, gzipped, and where it is from; the one that was kept goes."""
    for old in KEPT.glob("*.js.gz"):
        old.unlink()
    name = f"scalar-{packed['version']}.js.gz"
    (KEPT / name).write_bytes(gzip.compress(script, compresslevel=9, mtime=0))
    about = {
        "package": PACKAGE,
        "version": packed["version"],
        "licence": "MIT",
        "file": name,
        "from": FILE,
        "sha256": hashlib.sha256(script).hexdigest(),
        "integrity": packed["integrity"],
    }
    (KEPT / "renderer.json").write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")
    print(f"{PACKAGE} {packed['version']}: {len(script):,} bytes; look at /reference, and run tests/browser")


if __name__ == "__main__":
    main(*sys.argv[1:])
