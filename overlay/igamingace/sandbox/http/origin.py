"""Where a caller found the sandbox: scheme, host and path prefix, also behind a proxy or a mount."""

from __future__ import annotations

import re
from ipaddress import ip_network
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, unquote_to_bytes

from igamingace._common.ip_addresses import Network, in_networks

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from igamingace.sandbox.http.asgi import Scope

LOOPBACK: Final = ("127.0.0.0/8", "::1")
"""The proxies that are trusted when none are named: those on this machine, as uvicorn does."""

_HOST: Final = re.compile(rb"(?:[A-Za-z0-9.\-_]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
FORWARDED: Final = frozenset({b"x-forwarded-host", b"x-forwarded-port", b"x-forwarded-proto"})
_SCHEMES: Final = (b"http", b"https")
_DEFAULT_PORTS: Final = {"http": "80", "https": "443"}


class TrustedProxies:
    """The proxies whose `X-Forwarded-Proto`, `-Host` and `-Port` are believed.

    Nobody's `X-Forwarded-For` is: a header must not get around an account's list of addresses.
    """

    def __init__(self, proxies: Collection[str] = LOOPBACK) -> None:
        """Trust these addresses and networks; `*` trusts every caller.

        Raises:
            ValueError: an entry is neither.
        """
        self._all = "*" in proxies
        self._networks: list[Network] = []
        for entry in proxies:
            if entry != "*":
                try:
                    self._networks.append(ip_network(entry, strict=False))
                except ValueError:
                    raise ValueError(
                        f"trusted_proxies: {entry!r} is invalid; use an IP address, a network or *"
                    ) from None

    def origin(self, fields: Mapping[bytes, bytes], scope: Scope) -> str:
        """Return scheme and host by which the caller reached the sandbox, such as `https://casino.test`."""
        scheme, host = str(scope["scheme"]), fields.get(b"host", b"")
        if not FORWARDED.isdisjoint(fields) and self._trusts(scope):
            forwarded = _first(fields, b"x-forwarded-proto").lower()
            scheme = forwarded.decode() if forwarded in _SCHEMES else scheme
            outer = _first(fields, b"x-forwarded-host")
            host = _with_port(outer if _HOST.fullmatch(outer) else host, scheme, fields)
        if not _HOST.fullmatch(host):
            name, port = scope.get("server") or ("localhost", None)
            host = f"{name}:{port}".encode() if port else name.encode()
        return f"{scheme}://{host.decode()}"

    def _trusts(self, scope: Scope) -> bool:
        client = scope.get("client")
        return self._all or in_networks(client[0] if client else None, self._networks)


def _first(fields: Mapping[bytes, bytes], name: bytes) -> bytes:
    """Return what the outermost of several proxies says."""
    return fields.get(name, b"").partition(b",")[0].strip()


def _with_port(host: bytes, scheme: str, fields: Mapping[bytes, bytes]) -> bytes:
    """Return `host` with the forwarded port, where it has none: nginx's `$host` leaves it out."""
    port = _first(fields, b"x-forwarded-port")
    named = host.rpartition(b"]")[2].find(b":") >= 0
    if named or not host or not port.isdigit() or port.decode() == _DEFAULT_PORTS[scheme]:
        return host
    return host + b":" + port[:5]


def mount_prefix(scope: Scope) -> str:
    """Return the path, percent-encoded, at which another application has mounted this one; empty for none."""
    return quote(str(scope.get("root_path") or "").rstrip("/"))


def path_below_mount(scope: Scope) -> bytes:
    """Return the request's path, percent-encoded, without the prefix of a mount.

    ASGI has the prefix both in `root_path` and in `path`; where a server was only told of a prefix that a
    proxy has taken away (`root_path` alone), the path stays as it is.
    """
    raw: bytes = scope.get("raw_path") or quote(scope["path"]).encode()
    root = str(scope.get("root_path") or "").rstrip("/")
    if not root:
        return raw
    depth = root.count("/")
    segments = raw.split(b"/", depth + 1)
    if unquote_to_bytes(b"/".join(segments[: depth + 1])) != root.encode():
        return raw
    return b"/" + b"".join(segments[depth + 1 :])
