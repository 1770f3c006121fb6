"""URLs."""

from __future__ import annotations

from urllib.parse import urlsplit

import httpx2


def is_callable_url(url: str) -> bool:
    """Return whether a request can be sent to `url`: http or https, with a host and a usable port if any."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
        httpx2.URL(url)
    except (ValueError, httpx2.InvalidURL):
        return False
    return usable and url.isprintable() and " " not in url
