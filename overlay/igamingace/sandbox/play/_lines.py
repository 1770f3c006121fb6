"""The connections to the agents' wallets: over HTTP, or to an application that was handed in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from igamingace.errors import ConfigurationError
from igamingace.sandbox.play._engine import IN_PROCESS_URL
from igamingace.walletcheck._line import Line, Target, line_to

if TYPE_CHECKING:
    from collections.abc import Mapping

    from igamingace.sandbox._state import Account

_MOST: Final = 64


class Lines:
    """One line for each callback URL that was used lately; those that were not are closed."""

    def __init__(self, wallets: Mapping[str, Target]) -> None:
        """Take the applications that were handed in, by account id."""
        self._wallets: Final = wallets
        self._lines: dict[tuple[str, str], Line] = {}

    async def to(self, account: Account, url: str) -> Line:
        """Return the line to the wallet of `account`.

        Raises:
            ConfigurationError: `url` is no http or https URL.
        """
        if not url:
            raise ConfigurationError("the account has no callback URL: give it one")
        key = (account.id, url)
        line = self._lines.pop(key, None) or self._open(account, url)
        self._lines[key] = line  # the last one used is the last to go
        if len(self._lines) > _MOST:
            await self._lines.pop(next(iter(self._lines))).close()
        return line

    def is_in_process(self, account: Account, url: str) -> bool:
        """Tell whether the wallet is an application that was handed in."""
        return account.id in self._wallets and url.startswith(IN_PROCESS_URL)

    async def close(self) -> None:
        """Close all."""
        lines, self._lines = self._lines, {}
        for line in lines.values():
            await line.close()

    def _open(self, account: Account, url: str) -> Line:
        if self.is_in_process(account, url):
            return line_to(self._wallets[account.id], urlsplit(url).path or "/")
        return line_to(url, "")
