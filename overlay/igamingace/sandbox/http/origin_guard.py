"""Protects the control routes, which need no token, from cross-site requests and DNS rebinding."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from igamingace._common.ip_addresses import parse_host
from igamingace.sandbox._errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

_READS: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class OriginGuard:
    """Checks what a browser says of where a request comes from and goes to.

    A page of another site can make a browser send requests here, and by a name of its own that leads to this
    machine it could read the answers too. An address in Host cannot be such a name.
    """

    def __init__(self, hosts: Collection[str] | None) -> None:
        """Admit `localhost`, addresses and the names `hosts`; every name when None or among them is `*`."""
        self._hosts = None if hosts is None or "*" in hosts else {"localhost", *(map(str.lower, hosts))}

    def check(self, method: str, fields: Mapping[bytes, bytes], scheme: str) -> None:
        """Accept only a request that is addressed to the sandbox and comes from its own pages.

        Raises:
            SandboxError: PERMISSION_ERROR with status 403.
        """
        host = fields.get(b"host", b"").decode("latin-1")
        if not self._is_ours(host):
            raise SandboxError(
                "PERMISSION_ERROR",
                f"header.Host: {host[:100]!r} is not a name of this sandbox; start it with --allow-host NAME",
                status=403,
            )
        origin = fields.get(b"origin")
        if method not in _READS and origin is not None:
            sent_from = origin.decode("latin-1").lower()
            if sent_from != f"{scheme}://{host.lower()}":
                raise SandboxError(
                    "PERMISSION_ERROR", "header.Origin: pages of other sites change nothing here", status=403
                )

    def _is_ours(self, host: str) -> bool:
        if self._hosts is None:
            return True
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        return name in self._hosts or name.endswith(".localhost") or parse_host(name) is not None
