"""Signatures: invalid ones are refused, and valid ones accepted for all kinds of values."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from igamingace._common.amounts import format_amount
from igamingace._wallet_client.messages import RawLiteral, build_message
from igamingace.callbacks import sign
from igamingace.walletcheck._check import CheckGroup

if TYPE_CHECKING:
    from collections.abc import Mapping

    from igamingace._wallet_client.messages import CallbackMessage
    from igamingace.walletcheck._context import CheckContext

signatures = CheckGroup("signature")

_FIRST: Final = "Check the signature before anything else, and compare in constant time."
_LENGTH: Final = 88

_GARBAGE: Final[dict[str, bytes]] = {
    "an empty one": b"",
    "one that is too short": b"abc",
    "one that is not base64": b"*" * _LENGTH,
    "one of zeros": b"A" * 86 + b"==",
}
_MALFORMED: Final[dict[str, bytes]] = {
    "one outside ASCII": "é".encode("latin-1") * _LENGTH,
    "several": b"A" * 86 + b"==, " + b"A" * 86 + b"==",
    "one of 4000 characters": b"A" * 4000,
}
_FOREIGN_TOKEN: Final = "0" * 32


@signatures.check(
    "tampered",
    "A body that was changed after it was signed is refused",
    rule="signature-checked",
    advice=f"{_FIRST} Sign all values of the body, including those of unknown fields.",
)
async def _tampered(context: CheckContext) -> None:
    before = await context.ensure_balance()
    bet, win = context.callbacks.bet(2), context.callbacks.win(2)
    other = context.callbacks.new_id()
    await context.expect_refusal(bet.tampered(amount=1), "a bet whose amount was changed")
    await context.expect_refusal(win.tampered(amount=9), "a win whose amount was changed")
    await context.expect_refusal(win.tampered(transactionId=other), "a win whose transactionId was changed")
    await context.expect_refusal(win.tampered(extra="x"), "a win to which a field was added")
    await context.expect_no_change(before, "tampered callbacks")


@signatures.check(
    "missing",
    "A callback without a signature is refused",
    rule="signature-checked",
    advice=f"{_FIRST} A missing header is a wrong signature.",
)
async def _missing(context: CheckContext) -> None:
    before = await context.balance()
    await context.expect_refusal(
        context.callbacks.win(3).with_signature(None, "missing"), "a win without a signature"
    )
    await context.expect_no_change(before, "a win without a signature")


@signatures.check(
    "garbage",
    "A signature that is none is refused",
    rule="signature-checked",
    advice=f"{_FIRST} Compare all of it.",
)
async def _garbage(context: CheckContext) -> None:
    before = await context.balance()
    for what, value in _GARBAGE.items():
        await context.expect_refusal(
            context.callbacks.win(3).with_signature(value, what), f"a win whose signature is {what}"
        )
    await context.expect_no_change(before, "wins with garbage for a signature")


@signatures.check(
    "malformed",
    "A malformed signature is refused without a server error",
    rule="unsent",
    advice=f"{_FIRST} Compare bytes: constant-time functions raise on text outside ASCII in some languages.",
)
async def _malformed(context: CheckContext) -> None:
    before = await context.balance()
    for what, value in _MALFORMED.items():
        await context.expect_clean_refusal(
            context.callbacks.win(3).with_signature(value, what), f"a win whose signature is {what}"
        )
    await context.expect_no_change(before, "wins with malformed signatures")


@signatures.check(
    "wrong_token",
    "A callback that was signed with another token is refused",
    rule="signature-checked",
    advice="Key the HMAC with this account's API token.",
)
async def _wrong_token(context: CheckContext) -> None:
    before = await context.balance()
    win = context.callbacks.win(3)
    foreign = win.with_signature(sign(win.body, _FOREIGN_TOKEN).encode(), "with another token")
    await context.expect_refusal(foreign, "a win that was signed with another token")
    await context.expect_no_change(before, "a win that was signed with another token")


@signatures.check(
    "numbers",
    "Numbers are signed as JavaScript writes them",
    rule="signature-javascript",
    advice="Take the literal from the raw body: 10.5 stays 10.5, and 12 stays 12, not 12.0.",
)
async def _numbers(context: CheckContext) -> None:
    await context.ensure_balance()
    unit = context.minor_unit
    for amount in (Decimal(12), Decimal(10) + 50 * unit, 3 * unit, Decimal(1) + unit):
        await context.expect_booked(
            context.callbacks.bet(amount),
            -amount,
            f"of {format_amount(amount)} is validly signed and must be OK",
        )


@signatures.check(
    "literals",
    "Numbers that JavaScript would write otherwise are signed as their literals",
    rule="signature-literals",
    advice="Take the literal from the raw body (12.00 stays 12.00, 1e1 stays 1e1). Parsing and serializing a "
    "number changes it.",
)
async def _literals(context: CheckContext) -> None:
    await context.ensure_balance()
    for literal in ("12.00", "15.0", "1e1", "1E+1"):
        await context.expect_booked(
            context.callbacks.bet(RawLiteral(literal)),
            -Decimal(literal),
            f"of {literal} is validly signed and must be OK",
        )


@signatures.check(
    "values",
    "Text, booleans and null are signed as JavaScript joins them",
    rule="signature-values",
    advice="Sign strings decoded and in UTF-8 (\\u00e9 is é), booleans as true and false, null as empty.",
)
async def _values(context: CheckContext) -> None:
    await context.ensure_balance()
    for what, value in (
        ("a string outside ASCII", "é中🎰"),
        ("a string with escapes", RawLiteral(r'"\u00e9\u4e2d\ud83c\udfb0"')),
        ("a string with a comma and quotes", 'a,"b"\\'),
        ("true", True),
        ("null", None),
        ("an empty string", ""),
    ):
        await context.expect_booked(
            context.callbacks.bet(1, extra=value), -1, f"with {what} is validly signed and must be OK"
        )


@signatures.check(
    "relabelled",
    "A body whose fields were renamed keeps its signature, and books nothing",
    rule="signature-names",
    advice="Keep a hash of each signature with the command, id, player and amounts it came with first, and "
    "refuse it with any other; see the guide of the callbacks, Renamed fields.",
)
async def _relabelled(context: CheckContext) -> None:
    callbacks = context.callbacks
    await context.ensure_balance()
    bet = callbacks.bet(1)
    await context.expect_ok(bet)
    win = callbacks.win(2, bonusId=7, roundId=bet.fields["roundId"], isRoundFinished=False)
    await context.expect_booked(win, 2)
    # Names that sort as the old ones do leave the signed text as it was.
    sent = context.client.speak(win).fields
    for what, names in (
        ("whose timestamp is its id", {"timestamp": "transactionId", "transactionId": "z"}),
        (
            "whose roundId is its timestamp, and whose timestamp is its id",
            {"roundId": "timestamp", "timestamp": "transactionId", "transactionId": "z"},
        ),
        ("whose bonusId is its amount", {"amount": "a", "bonusId": "amount"}),
    ):
        await context.expect_unchanged(_forged(sent, names), f"a win that was paid, {what},")
    bet = callbacks.bet(2, gameCode="win")
    sent = context.client.speak(bet).fields
    await context.expect_consistent(bet, -2, "a bet of a game whose code is a text")
    if sent.get("gameCode") == "win":  # another dialect may leave it out
        names = {old: new for old, new in _BET_AS_WIN.items() if new not in sent.keys() - _BET_AS_WIN.keys()}
        forged = _forged(sent, names)
        await context.expect_unchanged(forged, "a bet that was taken, whose gameCode is its command,")


_BET_AS_WIN: Final[Mapping[str, str]] = {
    "bonusId": "b1",
    "command": "b2",
    "currency": "b3",
    "gameCode": "command",
    "isBonusBusy": "isRoundFinished",
    "timestamp": "transactionId",
    "transactionId": "z",
}


def _forged(sent: Mapping[str, object], names: Mapping[str, str]) -> CallbackMessage:
    """Return a win with the values and the signature of a callback, under other names."""
    renamed = build_message("win", {names.get(name, name): value for name, value in sent.items()})
    return renamed.with_signer(renamed.signer, "of the body before its fields were renamed")
