"""The SQL of the ledger, written once: what each callback needs is compiled, the rest is SQLAlchemy's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    LargeBinary,
    Numeric,
    Text,
    bindparam,
    cast,
    exists,
    func,
    literal_column,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from igamingace.ledger._amounts import DIGITS, MinorUnits
from igamingace.ledger._compiled_statement import CompiledStatement

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal

    from sqlalchemy import Executable
    from sqlalchemy.engine import Dialect

    from igamingace.ledger._schema import Schema

_OF_A_CHANGE: Final = (
    "transaction_id",
    "command",
    "player_id",
    "round_id",
    "provider_id",
    "game_code",
    "bonus_id",
    "currency",
    "sent_at",
    "debit",
    "credit",
)
_SIGNED: Final = ("signature", "command", "transaction_id", "content")
_COLUMNS: Final = (*_OF_A_CHANGE, "reference_id", "balance", "cancelled_by", "key")
"""The columns of an entry that every new row gives; the database gives the others."""


class Statements:
    """The statements for a schema on a database."""

    def __init__(self, schema: Schema, dialect: Dialect) -> None:
        """Build them."""
        entries, players = schema.entries, schema.players
        this_player = _this_player(schema)
        currency = null() if schema.currency is None else schema.currency
        make: Any = sqlite.insert if dialect.name == "sqlite" else postgresql.insert
        read = select(schema.balance, currency).where(this_player)
        # inline: the number of the new row is not asked for
        record = make(entries).values(_parameters(schema, _COLUMNS)).on_conflict_do_nothing().inline()
        balance: BindParameter[Decimal] = bindparam("balance_", type_=schema.balance.type)
        write = update(players).where(this_player).values({schema.balance_name: balance})
        self.schema: Final = schema
        self.read: Final = CompiledStatement(read, dialect)
        # NO KEY: the application's rows that refer to the player may be inserted meanwhile.
        self.lock: Final = CompiledStatement(read.with_for_update(key_share=True, of=players), dialect)
        self.record: Final = CompiledStatement(record, dialect)
        self.write: Final = CompiledStatement(write, dialect)
        self.claim: Final = CompiledStatement(_claim(schema, make), dialect)
        self.claimed: Final = CompiledStatement(_claimed(schema), dialect)
        self.change: Final = None if dialect.name == "sqlite" else CompiledStatement(_change(schema), dialect)
        ids: BindParameter[str] = bindparam("ids", expanding=True)
        self.by_ids: Final = select(entries).where(entries.c.transaction_id.in_(ids))
        self.by_key: Final = select(entries).where(entries.c.key == bindparam("key_"))
        self.cancel: Final = (
            update(entries)
            .where(entries.c.transaction_id == bindparam("bet_"))
            .values(cancelled_by=bindparam("cancel_"))
        )
        self.history: Final = (
            select(entries)
            .where(entries.c.player_id == bindparam("player_"), entries.c.entry_id < bindparam("before_"))
            .order_by(entries.c.entry_id.desc())
            .limit(bindparam("limit_"))
        )
        self.numbers: Final = select(func.min(entries.c.entry_id), func.max(entries.c.entry_id))
        self.forward: Final = (
            select(entries)
            .where(entries.c.entry_id >= bindparam("start_"))
            .order_by(entries.c.entry_id)
            .limit(bindparam("limit_"))
        )
        self.forward_of_player: Final = self.forward.where(entries.c.player_id == bindparam("player_"))


def _this_player(schema: Schema) -> ColumnElement[bool]:
    return schema.player_id == bindparam("key_", type_=schema.player_id.type)


def _parameters(schema: Schema, names: Iterable[str]) -> dict[str, BindParameter[Any]]:
    return {name: bindparam(name, type_=schema.entries.c[name].type) for name in names}


def _claim(schema: Schema, make: Any) -> Executable:  # noqa: ANN401 -- either database's `insert`
    """Return the statement that keeps a signature with the callback that it came with first."""
    signatures = schema.signatures
    values = {name: bindparam(name, type_=signatures.c[name].type) for name in _SIGNED}
    statement: Executable = make(signatures).values(values).on_conflict_do_nothing().inline()
    return statement


def _claimed(schema: Schema) -> Executable:
    signatures = schema.signatures
    this = signatures.c.signature == bindparam("signature", type_=LargeBinary())
    return select(signatures.c.command, signatures.c.transaction_id, signatures.c.content).where(this)


def _change(schema: Schema) -> Executable:
    """Return the statement that does a whole change: locks, looks, writes the balance and records the entry.

    One message to the server, with which the transaction's id comes back. It returns nothing where something
    stands against the change: the transactionId or the signature is known, say. Where either is being
    recorded elsewhere, the unique index raises, and that undoes all of it. SQLite cannot do it, and has no
    messages to save.
    """
    entries, balance, signatures = schema.entries, schema.balance, schema.signatures
    values = _parameters(schema, _OF_A_CHANGE)
    signature: BindParameter[bytes] = bindparam("signature", type_=LargeBinary())
    debit, credit = (bindparam(name, type_=balance.type) for name in ("debit_", "credit_"))
    known = exists().where(entries.c.transaction_id == values["transaction_id"])
    seen = exists().where(signatures.c.signature == signature)
    changed = (
        update(schema.players)
        .where(_this_player(schema), balance >= debit, ~known, ~seen)
        .values({schema.balance_name: balance - debit + credit})
        .returning(_in_major_units(balance).label("balance"))
    )
    if schema.currency is not None:
        named: BindParameter[str] = bindparam("currency_", type_=Text())
        own = cast(schema.currency, Text)
        changed = changed.where(or_(named.is_(None), own.is_(None), own == named))
    if not (schema.own_players or isinstance(balance.type, MinorUnits)):
        # a NUMERIC of the application's may have more digits, which the entry would round
        changed = changed.where(func.round(balance, literal_column(str(schema.limits.scale))) == balance)
    done = changed.cte("changed")
    content: BindParameter[bytes] = bindparam("content", type_=LargeBinary())
    signed = {
        "signature": signature,
        "command": values["command"],
        "transaction_id": values["transaction_id"],
        "content": content,
    }
    claim = (
        postgresql.insert(signatures)
        .from_select([*signed], select(*signed.values()).select_from(done).where(signature.is_not(None)))
        .cte("signed")
    )
    row = select(*values.values(), done.c.balance)
    insert = postgresql.insert(entries).from_select([*values, "balance"], row)
    return insert.add_cte(done, claim).returning(
        entries.c.balance,
        cast(func.pg_current_xact_id(), Text),
        literal_column("current_setting('synchronous_commit')", Text),
        func.pg_backend_pid(),
    )


def _in_major_units(balance: ColumnElement[Decimal]) -> ColumnElement[Decimal]:
    kind = balance.type
    if not isinstance(kind, MinorUnits):
        return balance
    return cast(balance, Numeric(DIGITS, kind.scale)) * literal_column(f"1e-{kind.scale}", Numeric())
