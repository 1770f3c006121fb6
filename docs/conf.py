"""Sphinx: the documentation's site; `nox -s docs` builds it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from igamingace import __version__

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "docs" / "_ext"))

if TYPE_CHECKING:
    from sphinx.application import Sphinx

project = "igamingace"
project_copyright = "the authors of igamingace, MIT"
release = version = __version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "generated_directive",
    "markdown_pages",
]
exclude_patterns = ["_build", "_ext", "examples/*/**"]
root_doc = "index"
nitpicky = False
suppress_warnings = ["config.cache"]

myst_enable_extensions = ["attrs_inline", "colon_fence", "deflist"]
myst_heading_anchors = 4

default_role = "py:obj"
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_preserve_defaults = True
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 88
add_module_names = False
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True

html_theme = "furo"
html_title = "igamingace"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sphinx = False
html_copy_source = False
html_show_sourcelink = False
html_theme_options = {"navigation_with_keys": True}


def indented_blocks_are_code(
    _app: object, _what: str, _name: str, _object: object, _options: object, lines: list[str]
) -> None:
    """Mark what stands indented below a paragraph as code, which reStructuredText wants to be told."""
    for number, line in reversed(list(enumerate(lines))):
        paragraph = next((above for above in reversed(lines[:number]) if above.strip()), "")
        starts = line.startswith("    ") and number and not lines[number - 1].strip()
        if starts and paragraph and not paragraph.startswith((" ", "-", "*", "1.")):
            lines[number:number] = ["::", ""]


def setup(app: Sphinx) -> None:
    """Read docstrings as they are written; before napoleon does."""
    app.connect("autodoc-process-docstring", indented_blocks_are_code, priority=100)
