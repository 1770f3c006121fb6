"""The pages that launch urls and round urls lead to: plain HTML, no script."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

from igamingace.sandbox._asgi import HTML_TYPE, Answer

if TYPE_CHECKING:
    from igamingace.sandbox._refusal import Headers
    from igamingace.sandbox._state import State

_HEADERS: Final[Headers] = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
)


def page(status: int, title: str, *paragraphs: str) -> Answer:
    """Return an HTML page; `paragraphs` are HTML, `title` is text."""
    body = "".join(f"<p>{paragraph}</p>\n" for paragraph in paragraphs)
    html = (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        '<link rel="icon" href="/_sandbox/static/icon.svg" type="image/svg+xml">\n'
        '<link rel="stylesheet" href="/_sandbox/static/frame.css">\n'
        '<link rel="stylesheet" href="/_sandbox/static/style.css">\n'
        f"<title>{escape(title)}</title></head>\n"
        f'<body class="note"><main class="panel"><header><h1>{escape(title)}</h1></header>\n'
        f'<div class="body stack">{body}<p><a href="/">Back office</a></p></div></main></body></html>\n'
    )
    return Answer(status, html.encode(), HTML_TYPE, _HEADERS)


def round_page(state: State, token: str) -> Answer:
    """Return the page with the details of the round that `token` was given out for."""
    wanted = state.round_pages.get(token)
    account = state.accounts.get(wanted.account_id) if wanted is not None else None
    if wanted is None or account is None:
        return page(404, "No such round", "Ask for its address with transactions.round.")
    lines = [
        f"{entry.type.name.lower()} {entry.amount} {escape(entry.currency)}, transaction {entry.id}"
        for entry in account.transactions
        if entry.round_id == wanted.round_id
    ]
    return page(200, f"Round {wanted.round_id}", *lines)
