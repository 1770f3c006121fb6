"""The admission check of a request, before its body is read: operation, token, address of the caller."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from igamingace.sandbox._errors import SandboxError
from igamingace.sandbox.store.addresses import admits

if TYPE_CHECKING:
    from collections.abc import Mapping

    from igamingace.sandbox.contract.contract import Contract, Operation
    from igamingace.sandbox.store.models import Account
    from igamingace.sandbox.store.state import CasinoState


_BEARER: Final = re.compile(rb"(?i:bearer) +([A-Za-z0-9\-._~+/]+=*)")


def operation_at(contract: Contract, raw_path: bytes, method: str) -> tuple[Operation, Mapping[str, str]]:
    """Return the operation that stands there, and the path parameters.

    Raises:
        SandboxError: VALIDATION_ERROR with status 404 or 405.
    """
    found = contract.router.find(raw_path)
    if found is None:
        path = raw_path.decode(errors="replace")[:200]
        raise SandboxError("VALIDATION_ERROR", f"path: the contract has no {path}", status=404)
    operations, parameters = found
    operation = operations.get(method)
    if operation is None:
        allowed = ", ".join(operations)
        allow = (b"allow", allowed.encode())
        raise SandboxError("VALIDATION_ERROR", f"method: use {allowed}", status=405, headers=(allow,))
    return operation, parameters


def account_of(state: CasinoState, fields: Mapping[bytes, bytes]) -> Account:
    """Return the account whose token the request carries.

    Raises:
        SandboxError: TOKEN_NOT_FOUND or TOKEN_INVALID.
    """
    token = bearer_token(fields.get(b"authorization"))
    if token is None:
        message = "header.Authorization: must be `Bearer {token}`"
        raise SandboxError("TOKEN_NOT_FOUND", message, headers=((b"www-authenticate", b"Bearer"),))
    account = state.tokens.get(token)
    if account is None:
        challenge = (b"www-authenticate", b'Bearer error="invalid_token"')
        raise SandboxError(
            "TOKEN_INVALID", "header.Authorization: the token is unknown", headers=(challenge,)
        )
    return account


def require_address(account: Account, caller: tuple[str, int] | None) -> None:
    """Accept only a caller whose address the account allows.

    Raises:
        SandboxError: IP_NOT_ALLOWED.
    """
    if account.allowed_ips and not admits(account.allowed_ips, caller[0] if caller else None):
        address = caller[0] if caller else "a caller without an address"
        raise SandboxError("IP_NOT_ALLOWED", f"{address} is not among the allowed addresses of {account.id}")


def bearer_token(authorization: bytes | None) -> str | None:
    """Return the token of an Authorization field; None when it is missing or has another form."""
    match = _BEARER.fullmatch(authorization or b"")
    return match[1].decode() if match else None


def is_token(text: str) -> bool:
    """Tell whether a bearer token can be written like that."""
    return _BEARER.fullmatch(b"Bearer " + text.encode()) is not None
