"""The page with a round's transactions and their sum."""

from __future__ import annotations

from functools import reduce
from html import escape
from typing import TYPE_CHECKING, Final

from igamingace._common.amounts import EXACT, decimals, minor_digits
from igamingace.sandbox.control.router import control_route
from igamingace.sandbox.pages.html import html_page
from igamingace.sandbox.store.models import TransactionType

if TYPE_CHECKING:
    from datetime import tzinfo
    from decimal import Decimal

    from igamingace.sandbox.control.router import ControlRequest
    from igamingace.sandbox.http.asgi import Response
    from igamingace.sandbox.store.models import RoundPage, Transaction
    from igamingace.sandbox.store.state import CasinoState

_WORDS: Final = {
    TransactionType.BET: "Bet",
    TransactionType.WIN: "Win",
    TransactionType.BET_CANCEL: "Bet given back",
    TransactionType.BONUS_CALL: "Win of a free spin",
}
_NOT_TOLD: Final = '<span aria-hidden="true">\N{EN DASH}</span><span class="visually-hidden">not told</span>'


@control_route("GET", "round")
async def show_round(request: ControlRequest) -> Response:
    """Show a round's details."""
    state = request.runtime.state
    wanted = state.round_pages.get(request.query.get("token", ""))
    entries = [] if wanted is None else _entries(state, wanted)
    if wanted is None or not entries:
        return html_page(404, "No such round", "<p>Ask for its address with transactions.round.</p>")
    about = _about(state, wanted, entries[0])
    return html_page(
        200,
        f"Round {wanted.round_id}",
        about + _table(entries, request.runtime.zone_of("Transaction", "createdAt")),
        kind="sheet",
    )


def _entries(state: CasinoState, wanted: RoundPage) -> list[Transaction]:
    account = state.accounts.get(wanted.account_id)
    found = (wanted.player_id, wanted.round_id, wanted.provider_id, wanted.game_id)
    records = account.transactions.copy() if account is not None else ()
    return [
        entry
        for entry in records
        if (entry.player_id, entry.round_id, entry.provider_id, entry.game_id) == found
    ]


def _about(state: CasinoState, wanted: RoundPage, entry: Transaction) -> str:
    provider = state.providers.get(entry.provider_id or 0)
    game = provider.games.get(entry.game_id) if provider is not None and entry.game_id is not None else None
    rows = {
        "Player": wanted.player_id,
        "Game": str(entry.game_id) if game is None else game.name,
        "Provider": str(entry.provider_id) if provider is None else provider.name,
        "Agent": wanted.account_id,
        "Currency": entry.currency,
    }
    pairs = "".join(f"<dt>{name}</dt><dd>{escape(value)}</dd>" for name, value in rows.items())
    return f'<dl class="pairs plain">{pairs}</dl>\n'


def _table(entries: list[Transaction], zone: tzinfo) -> str:
    currency = entries[0].currency
    total = reduce(EXACT.add, map(_change, entries))
    clock = entries[0].at.astimezone(zone).tzname() or ""
    return (
        '<div class="sideways" tabindex="0" role="group" aria-label="Transactions">\n'
        '<table><caption class="visually-hidden">What was staked, won and given back</caption>\n'
        f'<thead><tr><th scope="col">Transaction</th><th scope="col">Time, {escape(clock)}</th>'
        '<th scope="col" class="number">Amount</th>'
        '<th scope="col" class="number">Balance after</th></tr></thead>\n'
        f"<tbody>\n{''.join(_row(entry, zone) for entry in entries)}</tbody>\n"
        '<tfoot><tr><th scope="row" colspan="2">For the player</th>'
        f'<td class="number">{_signed(total, currency)}</td><td></td></tr></tfoot></table></div>\n'
    )


def _row(entry: Transaction, zone: tzinfo) -> str:
    at = entry.at.astimezone(zone)
    after = _NOT_TOLD if entry.balance is None else _money(entry.balance, entry.currency)
    return (
        f'<tr><th scope="row">{_WORDS.get(entry.type, entry.type.name)}'
        f'<span class="mono small muted">{entry.id}</span></th>'
        f'<td><time datetime="{at.isoformat()}">{at:%Y-%m-%d %H:%M:%S}</time></td>'
        f'<td class="number">{_signed(_change(entry), entry.currency)}</td>'
        f'<td class="number">{after}</td></tr>\n'
    )


def _change(entry: Transaction) -> Decimal:
    return entry.amount.copy_negate() if entry.type is TransactionType.BET else entry.amount


def _signed(amount: Decimal, currency: str) -> str:
    """Return the amount with its sign: the minus of mathematics, since a hyphen is not read out."""
    sign = "+" if amount > 0 else "\N{MINUS SIGN}" if amount < 0 else ""
    return sign + _money(amount.copy_abs(), currency)


def _money(amount: Decimal, currency: str) -> str:
    """Return the amount with at least the currency's digits: a wallet may answer with more."""
    digits = max(minor_digits(currency), decimals(amount))
    return f"{amount:,.{digits}f}"
