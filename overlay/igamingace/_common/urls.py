"""Which URLs can be called."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from igamingace._common.ip_addresses import parse_host

if TYPE_CHECKING:
    from urllib.parse import SplitResult

__all__ = ["is_callable_url", "is_unencrypted", "parse_url", "split_url"]

_AUTHORITY: Final = re.compile(r"(?:[^\[\]]*@)?(?:[^\[\]]*|\[[^\[\]]+\](?::[0-9]*)?)")


def parse_url(url: str) -> SplitResult:
    """Return the parts of a URL, the same on every Python.

    Raises:
        ValueError: it cannot be split, or it has brackets elsewhere than around the whole host. Older Pythons
            take `::1` for the host of `http://a[::1]b`, and 3.14 allows brackets in a password.
    """
    parts = urlsplit(url)
    if not _AUTHORITY.fullmatch(parts.netloc):
        raise ValueError("Invalid IPv6 URL")
    return parts


def is_callable_url(url: str) -> bool:
    """Return whether a request can be sent to `url`: http or https, with a host and a usable port if any."""
    import httpx2  # noqa: PLC0415 -- many programs never ask, and it takes long to import

    try:
        parts = parse_url(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
        httpx2.URL(url)
    except (ValueError, httpx2.InvalidURL):
        return False
    return usable and url.isprintable() and " " not in url


def split_url(url: str) -> tuple[str, str]:
    """Return the origin and the target of a callable URL: without credentials, the host in ASCII."""
    import httpx2  # noqa: PLC0415 -- as above

    parts = httpx2.URL(url)
    return f"{parts.scheme}://{parts.netloc.decode()}", parts.raw_path.decode()


def is_unencrypted(url: str) -> bool:
    """Return whether a URL leads over a network without TLS."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    address = parse_host(host)
    local = host == "localhost" or (address is not None and address.is_loopback)
    return parts.scheme == "http" and not local
