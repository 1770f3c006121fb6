"""The connections to the agents' wallets: over HTTP, or to an application that was handed in."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from igamingace._wallet_client.client import Line, Target, line_to
from igamingace.errors import ConfigurationError
from igamingace.sandbox._runtime import IN_PROCESS_URL

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping

    from igamingace.sandbox.store.models import Account

MAX_CONNECTIONS: Final = 64
"""How many lines are kept; those in use are kept in any case."""


@dataclass(slots=True)
class _OpenConnection:
    line: Line
    users: int = 0


class WalletConnections:
    """One line for each callback URL that was used lately; those that were not are closed."""

    def __init__(self, wallets: Mapping[str, Target]) -> None:
        """Take the applications that were handed in, by account id."""
        self._wallets: Final = wallets
        self._lines: dict[tuple[str, str], _OpenConnection] = {}

    def prepare(self, account: Account, url: str) -> None:
        """Have the line open, so that no exchange spends its time on that; the errors are those of `to`."""
        self._kept(account, url)

    @asynccontextmanager
    async def to(self, account: Account, url: str) -> AsyncGenerator[Line]:
        """Hold the line to the wallet of `account`, which stays open in the block.

        Raises:
            ConfigurationError: `url` is no http or https URL.
        """
        kept = self._kept(account, url)
        kept.users += 1
        try:
            await self._close_some()
            yield kept.line
        finally:
            kept.users -= 1
            await self._close_some()

    def is_in_process(self, account: Account, url: str) -> bool:
        """Tell whether the wallet is an application that was handed in."""
        return account.id in self._wallets and url.startswith(IN_PROCESS_URL)

    async def close(self) -> None:
        """Close all."""
        lines, self._lines = self._lines, {}
        for kept in lines.values():
            await kept.line.close()

    async def _close_some(self) -> None:
        """Close lines that nobody uses while there are too many."""
        unused = [key for key, kept in self._lines.items() if not kept.users]
        closing = [self._lines.pop(key).line for key in unused[: max(len(self._lines) - MAX_CONNECTIONS, 0)]]
        if closing:  # whatever comes of it is not the matter of the exchange that made room
            await asyncio.shield(asyncio.gather(*(line.close() for line in closing), return_exceptions=True))

    def _kept(self, account: Account, url: str) -> _OpenConnection:
        if not url:
            raise ConfigurationError("the account has no callback URL: give it one")
        key = (account.id, url)
        kept = self._lines.pop(key, None) or _OpenConnection(self._open(account, url))
        self._lines[key] = kept  # the last one used is the last to go
        return kept

    def _open(self, account: Account, url: str) -> Line:
        if self.is_in_process(account, url):
            return line_to(self._wallets[account.id], urlsplit(url).path or "/")
        return line_to(url, "")
