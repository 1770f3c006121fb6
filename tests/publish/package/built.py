"""Checks what was built: `python built.py FIRST SECOND`, folders with a wheel and an sdist each.

The first folder's wheel was built from its sdist, the second's from the tree: where both pairs have the same
bytes, the build can be repeated and the sdist builds the same wheel.
"""

import hashlib
import sys
import tarfile
import zipfile
from pathlib import Path

WANTED = {
    "igamingace/py.typed",
    "igamingace_bindings/py.typed",
    "igamingace_bindings/openapi.json",
    "igamingace_bindings/contract.py",
}
TOP = {"igamingace", "igamingace_bindings"}


def digests(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each distribution in the folder, by name."""
    found = [path for pattern in ("*.whl", "*.tar.gz") for path in folder.glob(pattern)]
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in found}


def wheel_complaints(wheel: Path) -> list[str]:
    """Return what is wrong with the wheel's contents."""
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    info = f"{'-'.join(wheel.name.split('-')[:2])}.dist-info"
    wanted = {*WANTED, f"{info}/licenses/LICENSE", f"{info}/entry_points.txt"}
    strangers = sorted(name for name in names if name.split("/")[0] not in {*TOP, info})
    tests = sorted(name for name in names if "test" in Path(name).stem.split("_")[:1] or "tests" in name)
    compiled = sorted(name for name in names if name.endswith((".pyc", ".map")))
    return [
        *(f"the wheel lacks {name}" for name in sorted(wanted - set(names))),
        *(f"the wheel has {name}" for name in [*strangers, *tests, *compiled]),
    ]


def sdist_complaints(sdist: Path) -> list[str]:
    """Return what is wrong with the sdist's contents."""
    with tarfile.open(sdist) as archive:
        parts = {name.split("/")[1] for name in archive.getnames() if "/" in name}
    wanted = {"pyproject.toml", "LICENSE", "README.md", "CHANGELOG.md", "overlay", "generated", "spec"}
    strangers = parts - wanted - {"PKG-INFO", ".gitignore"}
    return [
        *(f"the sdist lacks {name}" for name in sorted(wanted - parts)),
        *(f"the sdist has {name}" for name in sorted(strangers)),
    ]


def main(first: Path, second: Path) -> int:
    """Print what is wrong and return 1, or print the hashes and return 0."""
    once, twice = digests(first), digests(second)
    (wheel,) = first.glob("*.whl")
    (sdist,) = first.glob("*.tar.gz")
    complaints = [*wheel_complaints(wheel), *sdist_complaints(sdist)]
    if once != twice:
        complaints.append(f"built twice, the bytes differ: {once} and {twice}")
    print("\n".join(complaints or [f"{digest}  {name}, twice" for name, digest in sorted(once.items())]))
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
