"""What tests of the ledger and of reconciliation share: a PostgreSQL of their own."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

program = runpy.run_path(str(Path(__file__).parents[1] / "ledger" / "conftest.py"))["program"]


@pytest.fixture(scope="session")
def postgresql():
    """Return the URL of a PostgreSQL that is there for these tests."""
    with program("cluster.py", "fsync=off", "max_connections=20") as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, tmp_path):
    """Give the URL of a database, of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/wallet.db"
    return request.getfixturevalue("postgresql").replace("postgresql:", "postgresql+psycopg:", 1)
