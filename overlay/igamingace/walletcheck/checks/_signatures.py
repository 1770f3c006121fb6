"""Signatures: invalid ones are refused, and valid ones accepted for all kinds of values."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

from igamingace._wallet_client.messages import RawLiteral
from igamingace.callbacks import SIGNATURE_HEADER, sign
from igamingace.walletcheck._check import CheckGroup

if TYPE_CHECKING:
    from igamingace._wallet_client.messages import Signer
    from igamingace.walletcheck._context import CheckContext

signatures = CheckGroup("signature")

_CHECKED: Final = (
    f"{SIGNATURE_HEADER} is checked; when it is wrong, the answer is ERR_INTEGRITY_CHECK_FAILED."
)
_FIRST: Final = "Check the signature before anything else, and compare in constant time."
_LENGTH: Final = 88

_GARBAGE: Final[dict[str, bytes]] = {
    "an empty one": b"",
    "one that is too short": b"abc",
    "one that is not base64": b"*" * _LENGTH,
    "one of zeros": b"A" * 86 + b"==",
    "one outside ASCII": "é".encode("latin-1") * _LENGTH,
    "several": b"A" * 86 + b"==, " + b"A" * 86 + b"==",
    "one of 4000 characters": b"A" * 4000,
}


@signatures.check(
    "tampered",
    "A body that was changed after it was signed is refused",
    rule=_CHECKED,
    standing="documented",
    advice=f"{_FIRST} Sign all values of the body, including those of unknown fields.",
)
async def _tampered(context: CheckContext) -> None:
    before = await context.ensure_balance()
    bet, win = context.callbacks.bet(2), context.callbacks.win(2)
    other = context.callbacks.new_id()
    await context.expect_clean_refusal(bet.tampered(amount=1), "a bet whose amount was changed")
    await context.expect_clean_refusal(win.tampered(amount=9), "a win whose amount was changed")
    await context.expect_clean_refusal(
        win.tampered(transactionId=other), "a win whose transactionId was changed"
    )
    await context.expect_clean_refusal(win.tampered(extra="x"), "a win to which a field was added")
    await context.expect_no_change(before, "tampered callbacks")


@signatures.check(
    "missing",
    "A callback without a signature is refused",
    rule=_CHECKED,
    standing="documented",
    advice=f"{_FIRST} A missing header is a wrong signature.",
)
async def _missing(context: CheckContext) -> None:
    before = await context.balance()
    await context.expect_clean_refusal(
        context.callbacks.win(3).with_signer(lambda _token: None, "missing"), "a win without a signature"
    )
    await context.expect_no_change(before, "a win without a signature")


@signatures.check(
    "garbage",
    "A malformed signature is refused without a server error",
    rule=_CHECKED,
    standing="documented",
    advice=f"{_FIRST} Compare bytes: constant-time functions raise on text outside ASCII in some languages.",
)
async def _garbage(context: CheckContext) -> None:
    before = await context.balance()
    for what, value in _GARBAGE.items():
        await context.expect_clean_refusal(
            context.callbacks.win(3).with_signer(_fixed(value), what), f"a win whose signature is {what}"
        )
    await context.expect_no_change(before, "wins with garbage for a signature")


def _fixed(value: bytes) -> Signer:
    return lambda _token: value


@signatures.check(
    "wrong_token",
    "A callback that was signed with another token is refused",
    rule=_CHECKED,
    standing="documented",
    advice="Key the HMAC with this account's API token.",
)
async def _wrong_token(context: CheckContext) -> None:
    before = await context.balance()
    win = context.callbacks.win(3)
    foreign = win.with_signer(
        lambda _token: sign(win.body, secrets.token_hex(16)).encode(), "with another token"
    )
    await context.expect_clean_refusal(foreign, "a win that was signed with another token")
    await context.expect_no_change(before, "a win that was signed with another token")


@signatures.check(
    "literals",
    "Numbers are signed as their literals in the body",
    rule="The values are signed; the text of a number is not stated. Its literal is right for all senders.",
    standing="assumed",
    advice="Take the literal from the raw body (1500.00 stays 1500.00, 1e2 stays 1e2). Parsing and "
    "serializing a number changes it.",
)
async def _literals(context: CheckContext) -> None:
    before = await context.ensure_balance(4000)
    for literal in ("1500.00", "1500.0", "1e2", "1E+2"):
        await context.expect_ok(
            context.callbacks.bet(RawLiteral(literal)), f"of {literal} is validly signed and must be OK"
        )
    await context.expect_change(before, -3200, "bets of 1500.00, 1500.0, 1e2 and 1E+2")


@signatures.check(
    "values",
    "Text, booleans and null are signed as JavaScript joins them",
    rule="The documented example joins values in JavaScript: decoded strings, true, false, null as empty.",
    standing="assumed",
    advice="Sign strings decoded and in UTF-8 (\\u00e9 is é), booleans as true and false, null as empty.",
)
async def _values(context: CheckContext) -> None:
    before = await context.ensure_balance()
    for what, value in (
        ("a string outside ASCII", "é中🎰"),
        ("a string with escapes", RawLiteral(r'"\u00e9\u4e2d\ud83c\udfb0"')),
        ("a string with a comma and quotes", 'a,"b"\\'),
        ("true", True),
        ("null", None),
        ("an empty string", ""),
    ):
        await context.expect_ok(
            context.callbacks.bet(1, extra=value), f"with {what} is validly signed and must be OK"
        )
    await context.expect_change(before, -6, "6 bets of 1")
