"""Protects the control routes, which need no token, from cross-site requests and DNS rebinding."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from igamingace._common.ip_addresses import parse_host
from igamingace.sandbox._errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from igamingace.sandbox.http.asgi import Scope
    from igamingace.sandbox.http.origin import TrustedProxies

_READS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN_PAGES: Final = frozenset({b"same-origin", b"none"})


class OriginGuard:
    """Checks what a browser says of where a request comes from and goes to.

    A page of another site can make a browser send requests here, and by a name of its own that leads to this
    machine it could read the answers too. An address in Host cannot be such a name.
    """

    def __init__(self, hosts: Collection[str] | None, proxies: TrustedProxies) -> None:
        """Admit `localhost`, addresses and the names `hosts`; every name when None or among them is `*`.

        `*.example.com` admits the names below it.
        """
        self._proxies = proxies
        self._any = hosts is None or "*" in hosts
        names = [host.lower() for host in hosts or ()]
        self._hosts = {"localhost", *names}
        self._endings = (".localhost", *(name[1:] for name in names if name.startswith("*.")))

    def check(self, fields: Mapping[bytes, bytes], scope: Scope) -> None:
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
        if scope["method"] not in _READS and not _is_own_page(
            fields, host, self._proxies.origin(fields, scope)
        ):
            raise SandboxError(
                "PERMISSION_ERROR", "header.Origin: pages of other sites change nothing here", status=403
            )

    def _is_ours(self, host: str) -> bool:
        if self._any:
            return True
        name = _hostname(f"//{host}")
        return name in self._hosts or name.endswith(self._endings) or parse_host(name) is not None


def _is_own_page(fields: Mapping[bytes, bytes], host: str, origin: str) -> bool:
    """Tell whether no page of another site has sent the request.

    Browsers say it in Sec-Fetch-Site, which no script can set, and which stays right behind proxies that
    change scheme, host or port. They leave it out over plain HTTP to a name or an address that is not this
    machine's: then Origin has to be where the caller reached us. A Host without a port is compared by its
    name alone, since nginx's `$host` leaves the port out.
    """
    site = fields.get(b"sec-fetch-site")
    if site is not None:
        return site in _OWN_PAGES
    sender = fields.get(b"origin")
    if sender is None:  # not a browser
        return True
    sent_from = sender.decode("latin-1").lower()
    if sent_from in {origin.lower(), f"{urlsplit(origin).scheme}://{host.lower()}"}:
        return True
    has_port = host.rpartition("]")[2].find(":") >= 0
    same_scheme = sent_from.startswith(f"{urlsplit(origin).scheme}://")
    return not has_port and same_scheme and _hostname(sent_from) == _hostname(f"//{host}") != ""


def _hostname(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
