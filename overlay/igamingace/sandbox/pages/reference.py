"""The reference page: the contract shown by a bundled renderer, with requests to try."""

from __future__ import annotations

import gzip
import json
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from igamingace.sandbox._errors import SandboxError
from igamingace.sandbox.control.router import control_route, route
from igamingace.sandbox.http.asgi import Response
from igamingace.sandbox.pages.static_files import SAFETY, html

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    from igamingace.sandbox.control.router import ControlRequest

_POLICY: Final = (
    b"default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    b"font-src 'self'; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
"""The renderer writes style elements; scripts and connections are ours alone all the same."""


@route("GET", "/reference")
async def reference(_request: ControlRequest) -> Response:
    """Show the reference."""
    response = html("reference.html", _POLICY)
    return Response(
        response.status, response.body.replace(b"{renderer}", _name()), response.media_type, response.headers
    )


@control_route("GET", "renderer/{file}")
async def renderer(request: ControlRequest) -> Response:
    """Give the renderer's script, which is kept gzipped; its name changes when its content does."""
    if request.path["file"].encode() != _name():
        raise SandboxError("VALIDATION_ERROR", "path: there is no such file", status=404)
    body = _kept().joinpath(f"{request.path['file']}.gz").read_bytes()
    headers = (
        *SAFETY,
        (b"cache-control", b"public, max-age=31536000, immutable"),
        (b"vary", b"accept-encoding"),
    )
    accepted = b",".join(value for name, value in request.scope["headers"] if name == b"accept-encoding")
    if b"gzip" in accepted:
        return Response(200, body, b"text/javascript", (*headers, (b"content-encoding", b"gzip")))
    return Response(200, gzip.decompress(body), b"text/javascript", headers)


@cache
def _name() -> bytes:
    """Return the name of the script, without the ending that tells how it is kept."""
    about: dict[str, str] = json.loads(_kept().joinpath("renderer.json").read_bytes())
    return about["file"].removesuffix(".gz").encode()


def _kept() -> Traversable:
    return files("igamingace.sandbox.pages").joinpath("renderer")
