"""Each page as Markdown beside its HTML, and llms.txt, which lists them for programs that read text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from generated_text import TEXTS, api_text, class_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sphinx.application import Sphinx

_GENERATED = re.compile(r"^```\{generated\} ([\w-]+)\n```$", re.MULTILINE)
_INCLUDE = re.compile(r"^```\{include\} (\S+)\n```$", re.MULTILINE)
_PROGRAM = re.compile(r"^```\{literalinclude\} (\S+)\n:language: (\w+)\n```$", re.MULTILINE)
_CLASS = re.compile(r"^```\{eval-rst\}\n\.\. autoclass:: ([\w.]+)\n(?:.*\n)*?```$", re.MULTILINE)
_MODULE = re.compile(r"^```\{eval-rst\}\n\.\. automodule:: ([\w.]+)\n(?:.*\n)*?```$", re.MULTILINE)
_TREE = re.compile(r"^```\{toctree\}\n(?:.*\n)*?```\n", re.MULTILINE)
_COMMENT = re.compile(r"^<!--.*?-->\n", re.MULTILINE | re.DOTALL)


def write_pages(app: Sphinx, failure: Exception | None) -> None:
    """Write the pages and llms.txt when the HTML has been built."""
    if failure or app.builder.format != "html":
        return
    titles = {}
    for name in sorted(app.env.found_docs):
        page = app.env.doc2path(name)
        text = _INCLUDE.sub(_read_beside(page), page.read_text())
        text = _PROGRAM.sub(_read_program(page), text)
        text = _CLASS.sub(lambda found: class_text(found[1]), text)
        text = _GENERATED.sub(lambda found: TEXTS[found[1]](), text)
        text = _MODULE.sub(lambda found: api_text(found[1]), text)
        text = _COMMENT.sub("", _TREE.sub("", text))
        target = app.outdir / f"{name}.md"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
        titles[name] = app.env.titles[name].astext(), _first_sentence(text)
    (app.outdir / "llms.txt").write_text(_index(app.config.project, titles))


def _read_beside(page: Path) -> Callable[[re.Match[str]], str]:
    return lambda found: (page.parent / found[1]).read_text()


def _read_program(page: Path) -> Callable[[re.Match[str]], str]:
    return lambda found: f"```{found[2]}\n{(page.parent / found[1]).read_text()}```"


def _first_sentence(text: str) -> str:
    prose = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    paragraphs = (re.sub(r"\s+", " ", each.strip()) for each in prose.split("\n\n"))
    first = next(
        (each for each in paragraphs if each and not each.startswith(("#", "|", "!", "---", "<"))), ""
    )
    return re.split(r"(?<=[.!?]) ", _plain(first))[0]


def _plain(text: str) -> str:
    return re.sub(r"\[([^]]+)\]\([^)]*\)", r"\1", text)


def _index(project: str, titles: dict[str, tuple[str, str]]) -> str:
    """Return llms.txt: the parts of the site, each with its pages and the first sentence of each."""
    _, about = titles.pop("index")
    lines = [f"# {project}", "", f"> {about}", ""]
    sections = {
        "tutorials": "Tutorials",
        "how-to": "How to",
        "reference": "Reference",
        "explanation": "Explanation",
        "examples": "Examples",
    }
    parts: dict[str, list[str]] = {heading: [] for heading in [*sections.values(), "Optional"]}
    for name, (title, sentence) in titles.items():
        heading = sections.get(name.partition("/")[0], "Optional")
        parts[heading].append(f"- [{title}]({name}.md): {sentence}")
    for heading, links in parts.items():
        lines += [f"## {heading}", "", *links, ""]
    return "\n".join(lines)


def setup(app: Sphinx) -> dict[str, Any]:
    """Write the files after the build."""
    app.connect("build-finished", write_pages)
    return {"parallel_read_safe": True}
