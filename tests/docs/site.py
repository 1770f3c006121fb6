"""Looks at the built site; `nox -s docs` runs it."""

from pathlib import Path

SITE = Path(__file__).parents[2] / "dist" / "docs"


def test_every_page_is_there_as_markdown_too():
    pages = {page.relative_to(SITE).with_suffix("") for page in SITE.rglob("*.html")}
    made_by_sphinx = {Path("genindex"), Path("search"), Path("py-modindex")}

    assert Path("index") in pages
    assert [page for page in pages - made_by_sphinx if not (SITE / page).with_suffix(".md").exists()] == []
