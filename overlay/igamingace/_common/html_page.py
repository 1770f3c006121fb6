"""Reports as self-contained HTML pages: no scripts, nothing from the network; light, dark and print."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

__all__ = ["html_page", "html_table", "text"]

_STYLE: Final = """
:root { color-scheme: light dark; --page: #fff; --text: #1c1c1c; --dim: #595959; --line: #c9c9c9;
  --block: #f5f5f5; --bad: #b3261e; --good: #1b6e2b; --focus: #0b57d0; --accent: #0b57d0; }
@media (prefers-color-scheme: dark) {
  :root { --page: #15171a; --text: #e8e8e8; --dim: #b0b0b0; --line: #4a4e54; --block: #1f2226;
    --bad: #ff8a80; --good: #81c784; --focus: #a8c7fa; --accent: #a8c7fa; }
}
* { box-sizing: border-box; }
body { background: var(--page); color: var(--text); font: 16px/1.5 system-ui, sans-serif; max-width: 60rem;
  margin: 0 auto; padding: 1rem; overflow-wrap: anywhere; }
h1 { font-size: 1.4rem; line-height: 1.25; } h2 { font-size: 1.1rem; margin: 1.5rem 0 .5rem; }
.dim { color: var(--dim); } .bad { color: var(--bad); } .good { color: var(--good); }
.scroll { overflow-x: auto; }
.scroll:focus-visible { outline: 2px solid var(--focus); outline-offset: 2px; }
table { border-collapse: collapse; font-size: .875rem; overflow-wrap: normal; }
.scroll table { width: max-content; } .scroll td { max-width: 24rem; }
caption { text-align: left; color: var(--dim); padding-bottom: .25rem; }
th, td { text-align: left; vertical-align: top; padding: .25rem .75rem .25rem 0; }
th { color: var(--dim); font-weight: 600; border-bottom: 1px solid var(--line); }
td { border-bottom: 1px solid var(--line); }
th.right, td.right { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
@media print {
  :root { --page: #fff; --text: #000; --dim: #444; --line: #999; --block: #fff;
    --bad: #b3261e; --good: #1b6e2b; --focus: #000; --accent: #333; }
  body { max-width: none; padding: 0; font-size: 10pt; print-color-adjust: exact; }
  .scroll { overflow: visible; } .scroll table { width: auto; font-size: 7.5pt; }
  .scroll td, .scroll th.right, .scroll td.right { white-space: normal; overflow-wrap: anywhere; }
  thead { display: table-header-group; }
  h1, h2 { break-after: avoid; } tr { break-inside: avoid; }
}
"""


def html_page(title: str, *body: str, style: str = "") -> str:
    """Return a whole page.

    Args:
        title: of the window, and the heading of the page; plain text.
        body: what follows the heading, as HTML: texts in it are escaped already.
        style: more CSS, which may use the variables of `:root`.
    """
    shown = text(title)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{shown}</title>
<style>{_STYLE}{style}</style>
</head>
<body>
<main>
<h1>{shown}</h1>
{"".join(body)}
</main>
</body>
</html>
"""


def html_table(
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    right: Collection[str] = (),
    caption: str = "",
) -> str:
    """Return a table that scrolls within itself where it is wider than the screen.

    Args:
        columns: the headings.
        rows: a cell for each column, as plain text or what `str` makes text.
        right: the columns that are aligned to the right, as figures are.
        caption: what the table shows, for all readers.
    """
    classes = [' class="right"' if column in right else "" for column in columns]
    head = "".join(
        f'<th scope="col"{kind}>{text(column)}</th>' for column, kind in zip(columns, classes, strict=True)
    )
    body = "".join(
        "<tr>"
        + "".join(f"<td{kind}>{text(value)}</td>" for value, kind in zip(row, classes, strict=True))
        + "</tr>\n"
        for row in rows
    )
    label = f' role="region" aria-label="{text(caption)}"' if caption else ""
    title = f"<caption>{text(caption)}</caption>" if caption else ""
    # A region that scrolls must be reachable by the keyboard.
    return (
        f'<div class="scroll" tabindex="0"{label}><table>{title}<thead><tr>{head}</tr></thead>\n'
        f"<tbody>\n{body}</tbody></table></div>\n"
    )


def text(value: object) -> str:
    """Return a value as text that is safe between tags and in attributes; no half of a surrogate pair."""
    return escape(str(value).encode("utf-8", "replace").decode())
