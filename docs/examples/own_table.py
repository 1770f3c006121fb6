"""A seamless wallet on a table of players that the casino has already, in PostgreSQL or SQLite.

export IGAMINGACE_API_TOKEN=... DATABASE_URL=postgresql+psycopg://casino@127.0.0.1/casino
uvicorn own_table:app --port 8000
igamingace wallet check http://127.0.0.1:8000/callbacks/igamingace --player 7
"""

from __future__ import annotations

import os
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from fastapi import FastAPI, Response
from igamingace.callbacks import wallet_app
from igamingace.ledger import Ledger, LedgerHooks, PlayerTable, create_schema
from sqlalchemy import BigInteger, Boolean, Column, MetaData, Table, Text, create_engine, insert, select
from starlette.routing import Route

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from igamingace.callbacks import Cancel
    from igamingace.ledger import Entry

engine = create_engine(os.environ.get("DATABASE_URL", "sqlite:///casino.db"), pool_pre_ping=True)

# The casino's own table: a player is a row with an e-mail address, and cents.
users = Table(
    "users",
    MetaData(),
    Column("id", BigInteger, primary_key=True),
    Column("email", Text, nullable=False),
    Column("cents", BigInteger, nullable=False),
    Column("playing", Boolean, nullable=False),  # whether the player has an open session
)
PLAYERS = PlayerTable(table=users, player_id="id", balance="cents", currency=None, minor_digits=2)


def prepare() -> None:
    """Create the tables and a player to try it with; in production your migrations do."""
    users.metadata.create_all(engine)
    create_schema(engine, players=PLAYERS)
    with engine.begin() as connection:
        if connection.execute(select(users.c.id)).first() is None:
            row = {"id": 7, "email": "player@casino.example", "cents": 100_000, "playing": True}
            connection.execute(insert(users), row)


def has_session(player_id: str) -> bool:
    """Tell whether a player may play; asked for each balance and bet, before the transaction begins."""
    if not player_id.isascii() or not player_id.isdigit():
        return False
    with engine.connect() as connection:
        return bool(connection.scalar(select(users.c.playing).where(users.c.id == int(player_id[:18]))))


class Alarm(LedgerHooks):
    """Tells somebody what no wallet can decide."""

    def not_covered(self, callback: Cancel, bet: Entry) -> None:
        """The platform cancels a betwin whose win the player has spent: deposit it, or settle it by hand."""
        print(f"call the casino's finance: {callback.player_id} owes {bet.credit}")


prepare()
ledger = Ledger(engine, currency="USD", players=PLAYERS, session=has_session, hooks=Alarm())
callbacks = wallet_app(ledger, token=os.environ["IGAMINGACE_API_TOKEN"])


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    """Close what was opened."""
    yield
    callbacks.close()
    ledger.close()
    engine.dispose()


app = FastAPI(lifespan=lifespan, routes=[Route("/callbacks/igamingace", callbacks)])


@app.get("/ready")
def ready() -> Response:
    """Take this server out of the load balancer while its database does not answer."""
    try:
        ledger.check()
    except Exception:  # noqa: BLE001 -- whatever the driver raises
        return Response("the wallet's database does not answer\n", status_code=503)
    return Response("ready\n")
