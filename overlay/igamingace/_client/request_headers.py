"""The headers of every request: the contract's, with the account's token in its place, and who is calling."""

from __future__ import annotations

import functools
import platform

from igamingace_bindings import contract

from igamingace._common.secret import Secret
from igamingace._version import __version__


def request_headers(token: Secret[str]) -> Secret[tuple[tuple[str, str], ...]]:
    """The headers of every request: those of the contract, and who is calling."""
    name, before, after, others = _header_parts()
    return Secret(((name, before + token.reveal() + after), *others))


@functools.cache
def _header_parts() -> tuple[str, str, str, tuple[tuple[str, str], ...]]:
    """The name of the header that holds the token, what is before and after it; and the other headers."""
    agent = f"igamingace/{__version__} (contract {contract.VERSION}; python {platform.python_version()})"
    headers = dict(contract.REQUIRED_HEADERS)
    (name,) = (name for name, value in headers.items() if "{token}" in value)
    before, _, after = headers.pop(name).partition("{token}")
    others = (*headers.items(), ("User-Agent", agent), ("Accept-Encoding", "gzip, deflate"))
    return name, before, after, others
