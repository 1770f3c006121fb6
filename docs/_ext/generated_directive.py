"""The directive `generated`: Markdown that generated_text.py makes, in its place on a page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from generated_text import TEXTS
from sphinx.util.docutils import SphinxDirective

if TYPE_CHECKING:
    from docutils.nodes import Node
    from sphinx.application import Sphinx


class Generated(SphinxDirective):
    """Put what is made under the name that is given."""

    required_arguments = 1

    def run(self) -> list[Node]:
        """Return what the page shows here."""
        return self.parse_text_to_nodes(TEXTS[self.arguments[0]](), allow_section_headings=True)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive."""
    app.add_directive("generated", Generated)
    return {"parallel_read_safe": True}
