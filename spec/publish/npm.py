"""Installs the npm packages that package-lock.json pins: by their hashes, without running their scripts."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

from .versions import PublishError

if TYPE_CHECKING:
    from pathlib import Path

# The peers of Redoc are in its stand-alone file.
_OPTIONS = ("--ignore-scripts", "--legacy-peer-deps", "--no-audit", "--no-fund")


def install(manifest_dir: Path, folder: Path) -> Path:
    """Install what `manifest_dir` pins into `folder`, unless it is there, and return its node_modules.

    Raises:
        PublishError: npm is not installed, or could not install.
    """
    modules = folder / "node_modules"
    files = ("package.json", "package-lock.json")
    unchanged = all(_same(manifest_dir / name, folder / name) for name in files)
    if unchanged and modules.is_dir():
        return modules
    folder.mkdir(parents=True, exist_ok=True)
    for name in files:
        shutil.copy(manifest_dir / name, folder / name)
    run("npm", "ci", *_OPTIONS, cwd=folder)
    return modules


def run(program: str, *arguments: str, cwd: Path) -> str:
    """Run a program of Node.js and return what it printed.

    Raises:
        PublishError: it is not installed, or failed.
    """
    path = shutil.which(program)
    if path is None:
        raise PublishError(f"{program} is not installed; install Node.js 20 or newer, with npm")
    done = subprocess.run([path, *arguments], cwd=cwd, capture_output=True, text=True, check=False)  # noqa: S603 - pinned tools
    if done.returncode != 0:
        raise PublishError(f"{program} {' '.join(arguments)} failed:\n{done.stdout}\n{done.stderr}")
    return done.stdout


def _same(one: Path, other: Path) -> bool:
    return other.exists() and one.read_bytes() == other.read_bytes()
