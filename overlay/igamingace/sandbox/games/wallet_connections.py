"""Pool of connections to the agents' wallets: over HTTP, or to an application in this process."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from igamingace._wallet_client.client import CallbackTransport, Target, connect_to
from igamingace.errors import ConfigurationError
from igamingace.sandbox._runtime import IN_PROCESS_URL

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping

    from igamingace.sandbox.store.models import Account

MAX_CONNECTIONS: Final = 64
"""How many connections are entry; those in use are entry in any case."""


@dataclass(slots=True)
class _OpenConnection:
    connection: CallbackTransport
    users: int = 0


class WalletConnections:
    """One connection for each callback URL that was used lately; the others are closed."""

    def __init__(self, wallets: Mapping[str, Target]) -> None:
        self._wallets: Final = wallets
        self._connections: dict[tuple[str, str], _OpenConnection] = {}

    def prepare(self, account: Account, url: str) -> None:
        """Open the connection before the time limit of the exchange starts; raises what `to` raises."""
        self._connection(account, url)

    @asynccontextmanager
    async def to(self, account: Account, url: str) -> AsyncGenerator[CallbackTransport]:
        """Hold the connection to the wallet of `account`, which stays open in the block.

        Raises:
            ConfigurationError: `url` is not a valid http or https URL.
        """
        entry = self._connection(account, url)
        entry.users += 1
        try:
            await self._close_some()
            yield entry.connection
        finally:
            entry.users -= 1
            await self._close_some()

    def is_in_process(self, account: Account, url: str) -> bool:
        """Tell whether the wallet is an application that was handed in."""
        return account.id in self._wallets and url.startswith(IN_PROCESS_URL)

    async def close(self) -> None:
        """Close all."""
        entries, self._connections = self._connections, {}
        for entry in entries.values():
            await entry.connection.close()

    async def _close_some(self) -> None:
        """Close unused connections while there are too many."""
        unused = [key for key, entry in self._connections.items() if not entry.users]
        closing = [
            self._connections.pop(key).connection
            for key in unused[: max(len(self._connections) - MAX_CONNECTIONS, 0)]
        ]
        if closing:  # an error in closing one must not fail the exchange that made room
            await asyncio.shield(
                asyncio.gather(*(connection.close() for connection in closing), return_exceptions=True)
            )

    def _connection(self, account: Account, url: str) -> _OpenConnection:
        if not url:
            raise ConfigurationError("the account has no callback URL; set one")
        key = (account.id, url)
        entry = self._connections.pop(key, None) or _OpenConnection(self._open(account, url))
        self._connections[key] = entry  # the last one used is the last to go
        return entry

    def _open(self, account: Account, url: str) -> CallbackTransport:
        if self.is_in_process(account, url):
            return connect_to(self._wallets[account.id], urlsplit(url).path or "/")
        return connect_to(url, "")
