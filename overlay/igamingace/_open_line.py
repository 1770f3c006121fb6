"""Opens the line of an account: what all its calls share."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from igamingace import _config
from igamingace._send import Line
from igamingace.limits import account_key, default_limiter

if TYPE_CHECKING:
    from collections.abc import Callable

    from igamingace._secret import Sealed
    from igamingace.limits import Limiter

W = TypeVar("W")


def open_line(
    argument: Sealed[str | None],
    base_url: str | None,
    limiter: Limiter | None,
    shared: W | None,
    make: Callable[[str], W],
) -> Line[W]:
    """The line of an account: token and base URL checked, budget found, transport made unless shared."""
    token = _config.find_token(argument)
    url = _config.find_base_url(base_url)
    transport = make(url) if shared is None else shared
    return line_over(transport, url, token, limiter, owned=shared is None)


def line_over(
    transport: W, base_url: str, token: Sealed[str], limiter: Limiter | None, *, owned: bool
) -> Line[W]:
    """The line of an account over a transport; `owned` when the transport ends with the account's agent."""
    account = account_key(base_url, token.open())
    budget = (limiter or default_limiter()).budget(account)
    return Line(base_url, transport, owned, budget, _config.sealed_headers(token), token, account)
