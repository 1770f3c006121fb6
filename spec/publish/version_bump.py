"""Judges a version of the contract against the last one published: may it be published like this?"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from .changelog import entry
from .changes import Change, Level
from .comparison import compare, required
from .document import Document
from .operations import added_operations
from .published import load, versions
from .top_level import EVERYWHERE
from .versions import Version

if TYPE_CHECKING:
    from pathlib import Path

    from .document import Object

_TITLES = {
    Level.BREAKING: "Breaking: programs of partners stop working",
    Level.ADDITION: "Compatible: there is more, or less is asked for",
    Level.TEXT: "Text: nothing that programs see",
}


@dataclass(frozen=True, slots=True)
class VersionBump:
    """What changed since the last published version, and what is to be done before publishing.

    Attributes:
        last: The last published version; None when none was.
        version: The version of the contract as it stands.
        changes: What changed, the worst first.
        complaints: What to do, a sentence each; empty when the contract may be published.
    """

    last: Version | None
    version: Version
    changes: list[Change]
    complaints: list[str]

    def markdown(self) -> str:
        """Return it as Markdown, for people and for CI's summary."""
        since = (
            f"the contract {self.version} against {self.last}"
            if self.last
            else f"the contract {self.version}"
        )
        lines = [f"## Changes of {since}", ""]
        if not self.changes:
            lines += ["Nothing changed." if self.last else "Nothing was published yet.", ""]
        for level, changes in groupby(self.changes, key=lambda change: change.level):
            lines += [f"### {_TITLES[level]}", "", *_grouped(list(changes)), ""]
        if self.complaints:
            lines += ["### To do", "", *(f"- {complaint}" for complaint in self.complaints)]
        else:
            lines += [f"Version and changelog are right: {self.version} may be published."]
        return "\n".join(lines).rstrip() + "\n"


def check_version_bump(spec_dir: Path, document: Object) -> VersionBump:
    """Compare `document`, the contract as it stands, with the last published version.

    Raises:
        PublishError: `info.version` is not a version.
    """
    version, known = Version.parse(document["info"]["version"]), versions(spec_dir)
    last = known[-1] if known else None
    published = load(spec_dir, last) if last else document
    changes = compare(published, document)
    complaints = _version_complaints(last, version, changes) if last else []
    level = required(changes)
    coming = max(version, last.raised(level)) if last and level else version
    added = added_operations(Document(published), Document(document))
    complaints += _changelog_complaints(spec_dir / "CHANGELOG.md", coming, changes, added)
    return VersionBump(last, version, changes, complaints)


def _version_complaints(last: Version, version: Version, changes: list[Change]) -> list[str]:
    level = required(changes)
    if level is None:
        if version != last:
            return [f"info.version is {version}, but nothing changed since {last}: leave it at {last}."]
        return []
    least = last.raised(level)
    if version >= least:
        return []
    kind = {
        Level.BREAKING: "a breaking change",
        Level.ADDITION: "an addition",
        Level.TEXT: "a change of text",
    }[level]
    asks = f"{kind} needs a new {last.part(level)} version: set info.version in spec/openapi.yaml to {least}"
    if level is Level.BREAKING:
        names = ", ".join(sorted({change.operation for change in changes if change.level is level}))
        asks += f", or make the change compatible (it breaks {names})"
    return [f"info.version is {version} and {last} is published; {asks}."]


def _changelog_complaints(path: Path, version: Version, changes: list[Change], added: set[str]) -> list[str]:
    body = entry(path, version)
    if body is None:
        return [f"spec/CHANGELOG.md has no entry for {version}: add `## [{version}]` and say what changed."]
    if not body:
        return [
            f"spec/CHANGELOG.md: the entry for {version} lists nothing: write a line for each change, `- …`."
        ]
    broken = {change.operation for change in changes if change.level is Level.BREAKING}
    complaints: list[str] = []
    for what, operations in (("breaks", broken - {EVERYWHERE}), ("adds", added - broken)):
        names = (f"`{name.removeprefix('callback ')}`" for name in sorted(operations))
        if missing := [name for name in names if name not in body]:
            named = ", ".join(missing)
            complaints.append(
                f"spec/CHANGELOG.md: the entry for {version} does not name what it {what}: {named}."
            )
    return complaints


def _grouped(changes: list[Change]) -> list[str]:
    """Return a line for each change; those of many operations that say the same are one line."""
    by_text: dict[str, list[str]] = {}
    for change in changes:
        by_text.setdefault(str(change), []).append(change.operation)
    return [f"- **{', '.join(operations)}**: {said}" for said, operations in by_text.items()]
