"""The documentation's pages: what stands in their code blocks, and how it is marked.

A page says about the next block, in a comment of Markdown that readers do not see:

    <!-- not run: needs two hosts -->       parsed and type-checked, but not run; the reason is required
    <!-- not checked: Django has no types --> run, but not type-checked

A comment whose first line is `run` holds Python that the page needs and its reader does not, such as what
stands for a program of theirs: it is run in its place.

A block whose first line is a comment with the name of a file is written to that file in the page's working
directory. Python then imports it instead of running it, and its names are there for the blocks after it.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
LANGUAGES = {
    "console",
    "csv",
    "html",
    "ini",
    "js",
    "json",
    "nginx",
    "php",
    "python",
    "sql",
    "text",
    "toml",
    "ts",
    "yaml",
}

_FENCE = re.compile(
    r"^(?P<indent> *)(?P<fence>`{3,})(?P<language>[^\n`]*)\n(?P<code>.*?)^(?P=indent)(?P=fence) *$",
    re.MULTILINE | re.DOTALL,
)
_COMMENT = re.compile(r"<!--(.*?)-->", re.DOTALL)
_MARK = re.compile(r"(not run|not checked): *(.*)", re.DOTALL)
_HIDDEN = re.compile(r" *run\n(.*)", re.DOTALL)
_FILE_NAME = re.compile(r"# ([\w./-]+\.(?:py|toml|json))\b")


@dataclass(frozen=True)
class Block:
    """A code block of a page.

    Attributes:
        language: `python`, `console`, `toml` and so on; empty where the page names none.
        code: what stands in it.
        line: the line of its page on which the code begins, from 1.
        marks: the reasons by their mark: "not run", "not checked".
        hidden: whether it stands in a comment.
    """

    language: str
    code: str
    line: int
    marks: dict[str, str]
    hidden: bool = False

    @property
    def file(self) -> str | None:
        """The name of the file that the block is, as its first line says."""
        found = None if self.hidden else _FILE_NAME.match(self.code)
        return found[1] if found else None

    @property
    def padded(self) -> str:
        """The code with its line numbers on the page, for tracebacks and type checkers."""
        return "\n" * (self.line - 1) + self.code


@dataclass(frozen=True)
class Page:
    """A page in Markdown.

    Attributes:
        path: its path from the root of the repository.
    """

    path: str

    @property
    def text(self) -> str:
        return (ROOT / self.path).read_text()

    @property
    def slug(self) -> str:
        """A name for modules: `how_to_lobby`."""
        return re.sub(r"\W", "_", self.path.removeprefix("docs/").removesuffix(".md")).lower()

    def blocks(self, *languages: str) -> list[Block]:
        """Return the code blocks of the languages, hidden ones included, in their order; all without any."""
        found = list(self._blocks())
        return [block for block in found if not languages or block.language in languages]

    def _blocks(self):
        text = self.text
        fences = [(found.start(), found.end(), found) for found in _FENCE.finditer(text)]
        marks, marks_end = {}, 0
        comments = [
            found
            for found in _COMMENT.finditer(text)
            if not any(start < found.start() < end for start, end, _ in fences)
        ]
        for found in sorted([*comments, *(fence for *_, fence in fences)], key=lambda each: each.start()):
            if text[marks_end : found.start()].strip():
                marks = {}  # a mark is for the block right below it
            marks_end = found.end()
            if found.re is _FENCE:
                line = text.count("\n", 0, found.start("code")) + 1
                yield Block(found["language"].strip(), unindent(found["code"], found["indent"]), line, marks)
                marks = {}
            elif hidden := _HIDDEN.match(found[1]):
                line = text.count("\n", 0, found.start(1) + hidden.start(1)) + 1
                yield Block("python", hidden[1], line, {}, hidden=True)
            elif mark := _MARK.fullmatch(found[1].strip()):
                marks = {**marks, mark[1]: mark[2].strip()}


def unindent(code: str, indent: str) -> str:
    """The code of a block in a list, without the spaces that put it there."""
    return "".join(line.removeprefix(indent) for line in code.splitlines(keepends=True))


def commands(block: Block) -> list[list[str]]:
    """Return the words of each command of a console block; what a command prints is left out.

    Where a line begins with `$ `, those that do not are output. A line that ends with a backslash goes on.
    """
    lines = re.sub(r"\\\n\s*", "", block.code).splitlines()
    prompted = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
    words = [shlex.split(line, comments=True) for line in prompted or lines]
    return [each for each in words if each]


def all_pages() -> list[Page]:
    """Return every page: those of the root, and those under docs/."""
    paths = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    names = sorted(path.relative_to(ROOT).as_posix() for path in paths)
    return [Page(name) for name in names if not name.startswith("docs/_") and name != "CHANGELOG.md"]
