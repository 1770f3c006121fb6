"""Makes the reference: one HTML file that needs nothing else, drawn by Redoc from the contract inside it.

Redoc draws the whole page at once, so that it prints whole, and shows extensions beside each field. The
sandbox has a page of its own, by Scalar, which sends requests too but draws only what is on the screen.
"""

from __future__ import annotations

import json
from copy import deepcopy
from html import escape
from typing import TYPE_CHECKING, Any, cast

from . import HERE

if TYPE_CHECKING:
    from pathlib import Path

    from .document import Object

_COLOURS = {
    "documented": "#1a7f37",
    "probed": "#1a7f37",
    "sister": "#9a6700",
    "observed": "#9a6700",
    "older": "#bc4c00",
    "assumed": "#bc4c00",
}
_SAFE_INTEGER = 2**53
_LOGO = "https://cdn.redoc.ly/redoc/logo-mini.svg"  # all that Redoc would load from elsewhere
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; \
style-src 'unsafe-inline'; img-src data:; font-src data:; worker-src blob:">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
<button id="theme" type="button">Dark</button>
<div id="reference"></div>
<script>{redoc}</script>
<script>const contract = {contract};
{script}</script>
</body>
</html>
"""


def reference(document: Object, redoc: Path) -> str:
    """Return the page; `redoc` is Redoc's stand-alone script."""
    shown = for_readers(document)
    script = redoc.read_text(encoding="utf-8").replace(_LOGO, "data:,")
    return _PAGE.format(
        title=escape(f"{document['info']['title']} {document['info']['version']}"),
        style=(HERE / "reference.css").read_text(encoding="utf-8"),
        redoc=_in_script(script),
        contract=_in_script(json.dumps(shown, ensure_ascii=False)),
        script=(HERE / "reference.js").read_text(encoding="utf-8"),
    )


def for_readers(document: Object) -> Object:
    """Return the document with what only tools see (standing, codes, time limits) said in its texts."""
    shown = deepcopy(document)
    names = {code["code"]: code["name"] for code in shown["x-response-codes"]}
    for section in ("paths", "webhooks"):
        for item in shown[section].values():
            for operation in _operations(item):
                operation["description"] = "\n\n".join([operation["description"], *_notes(operation, names)])
                operation["x-badges"] = [_badge(operation.pop("x-standing"))]
    shown["info"]["description"] += "\n" + _codes_table(shown["x-response-codes"])
    _mend_for_browsers(shown)
    return shown


def _operations(item: Object) -> list[Object]:
    return [value for value in item.values() if isinstance(value, dict) and "operationId" in value]


def _badge(standing: str) -> Object:
    return {"name": standing, "color": _COLOURS[standing], "position": "after"}


def _notes(operation: Object, names: dict[int, str]) -> list[str]:
    standing = f"[{operation['x-standing']}](#section/How-sure-is-all-this)"
    notes = [f"Known as `{operation['operationId']}`; standing: {standing}."]
    if codes := operation.get("x-error-codes"):
        listed = ", ".join(f"{code}&nbsp;{names[code]}" for code in codes)
        notes.append(f"[Codes](#section/Response-codes) that a caller can meet: {listed}.")
    if codes := operation.get("x-status-codes"):
        notes.append(f"`statusCode` is one of: {', '.join(codes)}.")
    return notes


def _codes_table(codes: list[Object]) -> str:
    lines = [
        "# Response codes",
        "",
        "Every code that is known, from `x-response-codes`. The list is open.",
        "",
        "| code | name | meaning | HTTP status | send again? | standing |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for code in codes:
        cells = [
            code["code"],
            f"`{code['name']}`",
            code["meaning"].strip(),
            code["httpStatus"],
            code["resend"],
        ]
        lines.append("| " + " | ".join(map(str, [*cells, code["standing"]])) + " |")
    return "\n".join(lines) + "\n"


def _mend_for_browsers(node: Any) -> None:
    """Leave out bounds that a browser shows rounded (`int64` says the same); write lists of words as text."""
    if isinstance(node, list):
        for item in node:
            _mend_for_browsers(item)
    elif isinstance(node, dict):
        mapping = cast("Object", node)
        for bound in ("minimum", "maximum"):
            if isinstance(mapping.get(bound), int) and abs(mapping[bound]) > _SAFE_INTEGER:
                del mapping[bound]
        if "x-assumed" in mapping:
            mapping["x-assumed"] = ", ".join(mapping["x-assumed"])
        for value in mapping.values():
            _mend_for_browsers(value)


def _in_script(source: str) -> str:
    """Return JavaScript that cannot end the script element it stands in."""
    return source.replace("</script", "<\\/script").replace("<!--", "<\\!--")
