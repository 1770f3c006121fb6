"""A wallet that is right: players, bets and wins in SQLite or PostgreSQL, each callback one transaction.

    from igamingace.callbacks import wallet_app
    from igamingace.ledger import Ledger

    app = wallet_app(Ledger("sqlite:///wallet.db"), token="...")

Needs the extra `ledger`. The tables are those of `ddl`; `create_schema` makes them, and `define_tables` adds
them to the `MetaData` of an application, for its migrations. What an OK rests on, and which poolers may stand
in between, is told by `Ledger`.
"""

from igamingace.ledger._amounts import Amount, AmountRefused, MinorUnits
from igamingace.ledger._errors import (
    CommitNotConfirmed,
    NotCovered,
    PlayerExists,
    SignatureReused,
    TransactionMismatch,
)
from igamingace.ledger._hooks import LedgerHooks
from igamingace.ledger._ledger import Ledger
from igamingace.ledger._ledger_entry import Entry
from igamingace.ledger._reading import LedgerTotal, RoundTotal
from igamingace.ledger._schema import PlayerTable, create_schema, ddl, define_tables

__all__ = [
    "Amount",
    "AmountRefused",
    "CommitNotConfirmed",
    "Entry",
    "Ledger",
    "LedgerHooks",
    "LedgerTotal",
    "MinorUnits",
    "NotCovered",
    "PlayerExists",
    "PlayerTable",
    "RoundTotal",
    "SignatureReused",
    "TransactionMismatch",
    "create_schema",
    "ddl",
    "define_tables",
]
