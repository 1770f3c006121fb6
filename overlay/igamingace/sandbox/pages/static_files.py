"""Static files of the pages, and their response headers."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from igamingace.sandbox._errors import SandboxError
from igamingace.sandbox.http.asgi import HTML_TYPE, Response

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    from igamingace.sandbox._errors import Headers

_MEDIA_TYPES: Final = {
    ".css": b"text/css; charset=utf-8",
    ".js": b"text/javascript; charset=utf-8",
    ".svg": b"image/svg+xml",
}

SELF_ONLY: Final = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    b"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""The policy of our own pages: nothing inline, nothing from elsewhere."""

SAFETY: Final[Headers] = (
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
)
# The package can be upgraded between two visits of one address, so a browser asks each time.
_FRESH: Final = (b"cache-control", b"no-cache")


def html(name: str, policy: bytes = SELF_ONLY) -> Response:
    """Return the page in the file `name`, which may load and run what `policy` admits."""
    headers = (*SAFETY, _FRESH, (b"content-security-policy", policy))
    return Response(200, _read(name), HTML_TYPE, headers)


def asset(name: str) -> Response:
    """Return a script, style sheet or picture.

    Raises:
        SandboxError: VALIDATION_ERROR with status 404, there is no file of that name.
    """
    media_type = _served().get(name)
    if media_type is None:
        raise SandboxError("VALIDATION_ERROR", "path: there is no such asset", status=404)
    return Response(200, _read(name), media_type, (*SAFETY, _FRESH))


@cache
def _served() -> dict[str, bytes]:
    """Return the media types of the assets by name, so that no name can lead out of their directory."""
    found: dict[str, bytes] = {}
    for file in _directory().iterdir():
        _, dot, ending = file.name.rpartition(".")
        media_type = _MEDIA_TYPES.get(dot + ending)
        if media_type is not None:
            found[file.name] = media_type
    return found


@cache
def _read(name: str) -> bytes:
    return _directory().joinpath(name).read_bytes()


def _directory() -> Traversable:
    return files("igamingace.sandbox.pages").joinpath("assets")
