"""Versions of the contract and of the package: semantic versioning; 0.x.y breaks with the second number."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from .changes import Level

if TYPE_CHECKING:
    from pathlib import Path

Part = Literal["major", "minor", "patch"]

_SEMVER = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")
_PACKAGE = re.compile(r'__version__ = "([^"]+)"')


class PublishError(Exception):
    """The contract cannot be published like this; the message says what to do."""


@dataclass(frozen=True, slots=True, order=True)
class Version:
    """A version without a pre-release, such as 1.4.0."""

    major: int
    minor: int
    patch: int

    @classmethod
    def parse(cls, text: str) -> Version:
        """Return the version that `text` says.

        Raises:
            PublishError: it is not three numbers with points between them.
        """
        match = _SEMVER.fullmatch(text)
        if match is None:
            raise PublishError(
                f"info.version in spec/openapi.yaml is {text!r}; write three numbers, such as 1.4.0"
            )
        return cls(*map(int, match.groups()))

    def part(self, level: Level) -> Part:
        """Return the part that must rise with a change of this level."""
        if level is Level.TEXT:
            return "patch"
        # Below 1.0.0 nothing is promised to be stable, and the first number stays 0.
        return "major" if level is Level.BREAKING and self.major else "minor"

    def raised(self, level: Level) -> Version:
        """Return the least version that a change of this level may have."""
        match self.part(level):
            case "major":
                return Version(self.major + 1, 0, 0)
            case "minor":
                return Version(self.major, self.minor + 1, 0)
            case "patch":
                return Version(self.major, self.minor, self.patch + 1)

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"


def package_version(root: Path) -> str:
    """Return the version in the package's source, empty if there is none; `root` is the project's folder."""
    text = (root / "overlay" / "igamingace" / "_version.py").read_text(encoding="utf-8")
    return "".join(_PACKAGE.findall(text))
