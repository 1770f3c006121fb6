"""How to install an extra that is missing, in the words of every message that says so."""

from __future__ import annotations

__all__ = ["install_hint"]


def install_hint(extra: str) -> str:
    """Return the command that installs an extra, from the package index and from a clone."""
    return f"pip install 'igamingace[{extra}]', or in a clone of the repository: pip install '.[{extra}]'"
