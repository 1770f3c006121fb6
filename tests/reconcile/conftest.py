"""Databases of each kind: the PostgreSQL is one of these tests' own, as for the ledger's tests."""

from __future__ import annotations

import pytest

from ..ledger.conftest import postgresql  # noqa: TID252 -- a fixture that both folders need

__all__ = ["database", "postgresql"]


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, tmp_path):
    """Give the URL of a database, of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/wallet.db"
    return request.getfixturevalue("postgresql").replace("postgresql:", "postgresql+psycopg:", 1)
