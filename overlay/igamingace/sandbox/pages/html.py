"""Template of the pages without a script: a round's details, an invalid launch url."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final, Literal

from igamingace.sandbox.http.asgi import HTML_TYPE, Response

if TYPE_CHECKING:
    from igamingace.sandbox._errors import Headers

_HEADERS: Final[Headers] = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
)


def html_page(status: int, title: str, body: str, *, kind: Literal["note", "sheet"] = "note") -> Response:
    """Return an HTML page: `title` is text, `body` is HTML; a `sheet` is wider than a `note`."""
    html = (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        '<link rel="icon" href="/_sandbox/static/icon.svg" type="image/svg+xml">\n'
        '<link rel="stylesheet" href="/_sandbox/static/frame.css">\n'
        '<link rel="stylesheet" href="/_sandbox/static/style.css">\n'
        f"<title>{escape(title)}</title></head>\n"
        f'<body class="{kind}"><main class="panel"><header><h1>{escape(title)}</h1></header>\n'
        f'<div class="body stack">{body}<p><a href="/">Back office</a></p></div></main></body></html>\n'
    )
    return Response(status, html.encode(), HTML_TYPE, _HEADERS)
