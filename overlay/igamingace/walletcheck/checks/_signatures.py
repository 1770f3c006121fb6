"""Signatures: nothing is believed that is not signed, and everything that is signed right is."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

from igamingace._wallet_client.messages import Raw
from igamingace.callbacks import SIGNATURE_HEADER, sign
from igamingace.walletcheck._check import Group

if TYPE_CHECKING:
    from igamingace._wallet_client.messages import Seal
    from igamingace.walletcheck._context import Play

signatures = Group("signature")

_CHECKED: Final = (
    f"{SIGNATURE_HEADER} is checked; when it is wrong, the answer is ERR_INTEGRITY_CHECK_FAILED."
)
_FIRST: Final = "Check the signature before anything else, and compare in constant time."
_LENGTH: Final = 88

_GARBAGE: Final[dict[str, bytes]] = {
    "an empty one": b"",
    "one that is too short": b"abc",
    "one that is no base64": b"*" * _LENGTH,
    "one of zeros": b"A" * 86 + b"==",
    "one outside ASCII": "é".encode("latin-1") * _LENGTH,
    "several": b"A" * 86 + b"==, " + b"A" * 86 + b"==",
    "one of 4000 characters": b"A" * 4000,
}


@signatures.add(
    "tampered",
    "A body that was changed after it was signed is refused",
    rule=_CHECKED,
    standing="documented",
    advice=f"{_FIRST} Sign all values of the body, unknown fields too.",
)
async def _tampered(play: Play) -> None:
    before = await play.funded()
    bet, win = play.desk.bet(2), play.desk.win(2)
    other = play.desk.fresh_id()
    await play.withstood(bet.tampered(amount=1), "a bet whose amount was changed")
    await play.withstood(win.tampered(amount=9), "a win whose amount was changed")
    await play.withstood(win.tampered(transactionId=other), "a win whose transactionId was changed")
    await play.withstood(win.tampered(extra="x"), "a win to which a field was added")
    await play.unchanged(before, "tampered callbacks")


@signatures.add(
    "missing",
    "A callback without a signature is refused",
    rule=_CHECKED,
    standing="documented",
    advice=f"{_FIRST} A missing header is a wrong signature.",
)
async def _missing(play: Play) -> None:
    before = await play.balance()
    await play.withstood(play.desk.win(3).sealed(lambda _token: None, "missing"), "a win without a signature")
    await play.unchanged(before, "a win without a signature")


@signatures.add(
    "garbage",
    "A signature that is none is refused, and upsets nobody",
    rule=_CHECKED,
    standing="documented",
    advice=f"{_FIRST} Compare bytes: constant-time functions raise on text outside ASCII in some languages.",
)
async def _garbage(play: Play) -> None:
    before = await play.balance()
    for what, value in _GARBAGE.items():
        await play.withstood(
            play.desk.win(3).sealed(_always(value), what), f"a win whose signature is {what}"
        )
    await play.unchanged(before, "wins with garbage for a signature")


def _always(value: bytes) -> Seal:
    return lambda _token: value


@signatures.add(
    "wrong_token",
    "A callback that was signed with another token is refused",
    rule=_CHECKED,
    standing="documented",
    advice="Key the HMAC with this account's API token.",
)
async def _wrong_token(play: Play) -> None:
    before = await play.balance()
    win = play.desk.win(3)
    foreign = win.sealed(lambda _token: sign(win.body, secrets.token_hex(16)).encode(), "with another token")
    await play.withstood(foreign, "a win that was signed with another token")
    await play.unchanged(before, "a win that was signed with another token")


@signatures.add(
    "literals",
    "Numbers are signed as they stand in the body",
    rule="The values are signed; how a number becomes text is not stated. Its literal holds for all senders.",
    standing="assumed",
    advice="Take the literal out of the raw body (1500.00 stays 1500.00, 1e2 stays 1e2). Parsed and written "
    "again it is another text.",
)
async def _literals(play: Play) -> None:
    before = await play.funded(4000)
    for literal in ("1500.00", "1500.0", "1e2", "1E+2"):
        await play.accepted(play.desk.bet(Raw(literal)), f"of {literal} is signed right and must be OK")
    await play.changed(before, -3200, "bets of 1500.00, 1500.0, 1e2 and 1E+2")


@signatures.add(
    "values",
    "Text, booleans and null are signed as JavaScript joins them",
    rule="The documented example joins values in JavaScript: text decoded, true and false, null as nothing.",
    standing="assumed",
    advice="Sign text decoded and in UTF-8 (\\u00e9 is é), booleans as true and false, null as empty text.",
)
async def _values(play: Play) -> None:
    before = await play.funded()
    for what, value in (
        ("a text outside ASCII", "é中🎰"),
        ("a text with a comma and quotes", 'a,"b"\\'),
        ("true", True),
        ("null", None),
        ("an empty text", ""),
    ):
        await play.accepted(play.desk.bet(1, extra=value), f"with {what} is signed right and must be OK")
    await play.changed(before, -5, "5 bets of 1")
