"""Names that users give to accounts and budgets."""

from __future__ import annotations

from igamingace._common.masking import looks_like_token, masked_repr
from igamingace.errors import ConfigurationError


def check_text(value: object, what: str) -> str:
    """Return the value if it is text; raises ConfigurationError for anything else."""
    if isinstance(value, str):
        return value
    raise ConfigurationError(f"{what}: {masked_repr(value)} is not text; write it in double quotes")


def check_name(value: object, what: str) -> str:
    """Return a valid name; raises ConfigurationError for any other."""
    name = check_text(value, what)
    if name and name.isprintable() and name == name.strip():
        return name
    raise ConfigurationError(
        f"{what}: {masked_repr(name)} is invalid; use printable text without spaces at either end"
    )


def check_public_name(value: object, what: str) -> str:
    """Return a valid name that may be shown; raises ConfigurationError also for what looks like a token."""
    name = check_name(value, what)
    if looks_like_token(name):
        raise ConfigurationError(f"{what}: {masked_repr(name)} is invalid; use the name of an account")
    return name
