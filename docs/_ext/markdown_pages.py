"""Each page as Markdown beside its HTML, and llms.txt, which lists them for programs that read text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from generated_text import TEXTS, api_text

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_GENERATED = re.compile(r"^```\{generated\} ([\w-]+)\n```$", re.MULTILINE)
_MODULE = re.compile(r"^```\{eval-rst\}\n\.\. automodule:: ([\w.]+)\n(?:.*\n)*?```$", re.MULTILINE)
_TREE = re.compile(r"^```\{toctree\}\n(?:.*\n)*?```\n", re.MULTILINE)
_COMMENT = re.compile(r"^<!--.*?-->\n", re.MULTILINE | re.DOTALL)


def write_pages(app: Sphinx, failure: Exception | None) -> None:
    """Write the pages and llms.txt when the HTML has been built."""
    if failure or app.builder.format != "html":
        return
    titles = {}
    for name in sorted(app.env.found_docs):
        text = app.env.doc2path(name).read_text()
        text = _GENERATED.sub(lambda found: TEXTS[found[1]](), text)
        text = _MODULE.sub(lambda found: api_text(found[1]), text)
        text = _COMMENT.sub("", _TREE.sub("", text))
        target = app.outdir / f"{name}.md"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
        first = re.search(r"^# .*\n+(?P<sentence>[^#`|<\n][^\n]*(?:\n[^\n]+)*)", text, re.MULTILINE)
        sentence = re.sub(r"\s+", " ", first["sentence"]) if first else ""
        titles[name] = app.env.titles[name].astext(), re.split(r"(?<=[.:]) ", _plain(sentence))[0]
    (app.outdir / "llms.txt").write_text(_index(app.config.project, titles))


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
    }
    for folder, heading in {**sections, "": "More"}.items():
        inside = {
            name: told for name, told in titles.items() if name.rpartition("/")[0].split("/")[0] == folder
        }
        lines += [f"## {heading}", ""]
        lines += [f"- [{title}]({name}.md): {sentence}" for name, (title, sentence) in inside.items()]
        lines.append("")
    return "\n".join(lines)


def setup(app: Sphinx) -> dict[str, Any]:
    """Write the files after the build."""
    app.connect("build-finished", write_pages)
    return {"parallel_read_safe": True}
