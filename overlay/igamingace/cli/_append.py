"""Appends a new account to the file of accounts: its token goes into a file of its own."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from igamingace._common.files import PRIVATE, write_file

if TYPE_CHECKING:
    from pathlib import Path

    from igamingace.operators import Account

__all__ = ["account_toml", "append_account", "token_file", "token_variable"]


def token_file(path: Path, account_name: str) -> Path:
    """Return where the token of a new account goes: beside the file of accounts."""
    return path.parent / (re.sub(r"[^\w-]", "_", account_name) + ".token")


def token_variable(account: Account) -> str:
    """Return a name for the environment variable of an account's token."""
    variable = _slug(account.name) or _slug(account.operator_id or "")
    return f"{variable}_TOKEN" if variable[:1].isalpha() else f"TOKEN_{variable}".strip("_")


def account_toml(account: Account, token_key: str, token_value: str) -> str:
    """Return an account as it stands in the file, where its token is told by `token_key`."""
    lines = {
        "name": account.name,
        "level": account.level,
        "parent": account.parent,
        "site": account.site,
        "currency": account.currency,
        "operator_id": account.operator_id,
        token_key: token_value,
    }
    return "[[account]]\n" + "\n".join(f"{key} = {_quoted(value)}" for key, value in lines.items() if value)


def append_account(path: Path, account: Account) -> Path:
    """Append an account to the file of accounts; returns the file of its token, of mode 0600.

    Raises:
        OSError: a file cannot be written, or the token's exists; what was appended is whole or not there.
    """
    secret = token_file(path, account.name)
    descriptor = os.open(secret, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
    with open(descriptor, "w", encoding="utf-8") as file:  # noqa: PTH123 -- a descriptor
        file.write(f"{account.open_token()}\n")
    text = path.read_text("utf-8")
    block = account_toml(account, "token_file", secret.name)
    separator = "" if not text else "\n" if text.endswith("\n") else "\n\n"
    write_file(path, f"{text}{separator}{block}\n".encode())
    return secret


def _slug(text: str) -> str:
    return re.sub(r"[^A-Z0-9]+", "_", text.upper()).strip("_")


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
