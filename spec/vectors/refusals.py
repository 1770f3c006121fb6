"""What must be refused: invalid signatures, relabelled callbacks, and bodies that cannot be understood."""

from __future__ import annotations

import base64
import hashlib
import hmac
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from igamingace._wallet_client.messages import RawLiteral, build_message
from igamingace.callbacks import sign

from . import TOKEN
from .scenario import INTEGRITY, NOT_AUTHENTICATED, WELL_FORMED, Group

if TYPE_CHECKING:
    from collections.abc import Callable

    from igamingace._wallet_client.messages import CallbackMessage
    from igamingace_bindings.contract import Standing

    from .scenario import Scenario

integrity: Final = Group("integrity", "Invalid signatures, and valid ones that are used again otherwise")
refusals: Final = Group("refusal", "What is refused, under HTTP 200, and books nothing")


def _forged(name: str, title: str, forge: Callable[[Scenario, CallbackMessage], CallbackMessage]) -> None:
    """Add a vector of a win that was tampered with; the win itself is booked after it."""

    def build(s: Scenario) -> None:
        win = s.win(5)
        s.refused(forge(s, win), INTEGRITY)
        s.ok(win, 5, about="as it was signed")

    integrity.vector(name, title, "documented")(build)


def _signed(name: str, title: str, signer: Callable[[bytes], bytes | None]) -> None:
    """Add a vector of a win that is signed in another way."""
    _forged(name, title, lambda _s, win: win.with_signature(signer(win.body), name))


def _values(body: bytes) -> dict[str, str]:
    """Return the values as they are signed, by key, of a body without spaces, null and commas in texts."""
    pairs = (pair.split(":", 1) for pair in body.decode().strip("{}").split(","))
    return {key.strip('"'): value.strip('"') for key, value in pairs}


def _signing_input(body: bytes) -> bytes:
    """Return what is signed: the values in the order of their keys, joined by commas."""
    return ",".join(value for _, value in sorted(_values(body).items())).encode()


def _digest(text: bytes, name: str = "sha512") -> bytes:
    return hmac.digest(TOKEN.encode(), text, name)


_forged(
    "tampered_amount",
    "An amount that was changed after it was signed",
    lambda _s, win: win.tampered(amount=500),
)
_forged(
    "tampered_id", "A transactionId that was changed", lambda s, win: win.tampered(transactionId=s.new_id())
)
_forged(
    "tampered_literal",
    "Another literal of the same number is another text",
    lambda _s, win: win.tampered(amount=RawLiteral("5.0000000000000000001")),
)
_forged("added_field", "A field that was added", lambda _s, win: win.tampered(extra="x"))
_forged("removed_field", "A field that was removed", lambda _s, win: win.tampered(gameCode=...))
_signed("missing", "No signature at all", lambda _body: None)
_signed("empty", "An empty signature", lambda _body: b"")
_signed("short", "A signature that is too short", lambda _body: b"abc")
_signed("zeros", "A signature of zeros", lambda _body: WELL_FORMED)
_signed("long", "A signature of 4000 characters", lambda _body: b"A" * 4000)
_signed(
    "outside_ascii",
    "A signature outside ASCII (each character of the header is one byte)",
    lambda _body: b"\xe9" * 88,
)
_signed(
    "hexadecimal", "Hexadecimal in place of base64", lambda body: _digest(_signing_input(body)).hex().encode()
)
_signed(
    "sha256",
    "SHA-256 in place of SHA-512",
    lambda body: base64.b64encode(_digest(_signing_input(body), "sha256")),
)
_signed(
    "url_safe",
    "The alphabet of URLs in place of base64's",
    lambda body: base64.urlsafe_b64encode(_digest(_signing_input(body))).rstrip(b"="),
)
_signed(
    "without_key",
    "A plain hash, which anybody can compute",
    lambda body: base64.b64encode(hashlib.sha512(_signing_input(body)).digest()),
)
_signed("other_token", "Another account's token", lambda body: sign(body, "0" * 32).encode())
_signed("of_the_body", "A signature of the body's bytes", lambda body: base64.b64encode(_digest(body)))
_signed(
    "in_body_order",
    "Values in the order of the body",
    lambda body: base64.b64encode(_digest(",".join(_values(body).values()).encode())),
)
_signed(
    "with_names",
    "Names and values, as in a query",
    lambda body: base64.b64encode(
        _digest("&".join(f"{key}={value}" for key, value in sorted(_values(body).items())).encode())
    ),
)


def _relabelled(name: str, title: str, build: Callable[[Scenario], None]) -> None:
    integrity.vector(f"relabelled_{name}", title, "assumed")(build)


def _renamed(message: CallbackMessage, **names: str) -> CallbackMessage:
    """Return a callback with keys renamed so that the order of the values stays: its signature still fits."""
    renamed = {names.get(key, key): value for key, value in message.fields.items()}
    order = [message.fields[key] for key in sorted(message.fields)]
    if order != [renamed[key] for key in sorted(renamed)]:
        raise ValueError("the order changed, so the signature does not fit")
    return build_message(str(renamed.get("command")), renamed)


def _win_with_new_id(s: Scenario) -> None:
    win = s.win(40)
    s.ok(win, 40)
    s.refused(_renamed(win, timestamp="transactionId", transactionId="u"), about="its timestamp as its id")


def _bet_as_nothing(s: Scenario) -> None:
    bet = s.bet(40)
    s.ok(bet, -40)
    s.refused(
        _renamed(bet, amount="a", bonusId="amount", timestamp="transactionId", transactionId="u"),
        about="its bonusId as the amount",
    )


def _bet_as_win(s: Scenario) -> None:
    bet = s.bet(40, gameCode="win")
    s.ok(bet, -40)
    s.refused(
        _renamed(
            bet,
            command="bz",
            currency="c",
            gameCode="command",
            isBonusBusy="d",
            timestamp="transactionId",
            transactionId="u",
        ),
        about="the code of its game as its command",
    )


def _refused_bet_as_win(s: Scenario) -> None:
    bet = s.bet(400, gameCode="win")
    s.refused(bet, "ERR_NOT_ENOUGH_MONEY")
    s.refused(
        _renamed(bet, command="bz", currency="c", gameCode="command", isBonusBusy="d"),
        about="the refused bet, as a win",
    )


def _cancel_of_round(s: Scenario) -> None:
    first, second = s.bet(10), s.bet(30)
    s.ok(first, -10)
    s.ok(second, -30)
    cancel = s.cancel(first, roundId=second.id)
    s.ok(cancel, 10)
    s.refused(
        _renamed(
            cancel, referenceId="q", roundId="referenceId", timestamp="transactionId", transactionId="u"
        ),
        about="its round as the bet",
    )


_relabelled(
    "win_id", "A win whose keys are renamed so that it has another id is not paid again", _win_with_new_id
)
_relabelled(
    "bet_amount", "A bet whose keys are renamed so that it is another bet is not booked", _bet_as_nothing
)
_relabelled("bet_as_win", "A bet whose keys are renamed so that it reads as a win is not paid", _bet_as_win)
_relabelled(
    "refused_bet",
    "A refused bet whose keys are renamed so that it reads as a win is not paid",
    _refused_bet_as_win,
)
_relabelled(
    "cancel", "A cancel whose keys are renamed so that it names another bet refunds nothing", _cancel_of_round
)


# Who, which currency, how much.

_BALANCE_CODES: Final = ("ERR_INVALID_PLAYER_ID", NOT_AUTHENTICATED)


@refusals.vector("unknown_player_balance", "An unknown player has no balance", "documented")
def _no_balance(s: Scenario) -> None:
    s.refused(s.balance(playerId="no-such-player"), *_BALANCE_CODES)


@refusals.vector("unknown_player_bet", "An unknown player cannot bet", "documented")
def _no_bet(s: Scenario) -> None:
    s.refused(s.bet(1, playerId="no-such-player"), NOT_AUTHENTICATED, "ERR_UNKNOWN")
    s.refused(s.betwin(1, 2, playerId="no-such-player"), NOT_AUTHENTICATED, "ERR_UNKNOWN")


@refusals.vector("unknown_player_win", "A win creates no player", "documented")
def _no_win(s: Scenario) -> None:
    s.refused(s.win(1, playerId="no-such-player"), NOT_AUTHENTICATED, "ERR_UNKNOWN")
    s.refused(s.balance(playerId="no-such-player"), *_BALANCE_CODES)


@refusals.vector("player_in_sql", "SQL in playerId is text", "assumed")
def _sql(s: Scenario) -> None:
    for tail in ("'", '"', "' OR '1'='1", "' -- ", "%"):
        s.refused(s.balance(playerId=s.player + tail), *_BALANCE_CODES)
        s.refused(s.win(5, playerId=s.player + tail))


@refusals.vector("other_case_of_player", "A player's id in other case is another player", "assumed")
def _case(s: Scenario) -> None:
    s.refused(s.bet(5, playerId=s.player.upper()))


@refusals.vector("other_currency", "A bet in another currency than the player's is refused", "documented")
def _currency(s: Scenario) -> None:
    s.refused(s.bet(5, currency="EUR"))


def _bad(name: str, title: str, standing: Standing, *messages: Callable[[Scenario], CallbackMessage]) -> None:
    """Add a vector of callbacks that are refused, after which the player's balance is untouched."""

    def build(s: Scenario) -> None:
        for make in messages:
            s.refused(make(s))

    refusals.vector(name, title, standing)(build)


_bad(
    "negative",
    "Negative amounts",
    "assumed",
    lambda s: s.bet(-7),
    lambda s: s.win(-7),
    lambda s: s.betwin(-7, 0),
    lambda s: s.betwin(0, -7),
)
_bad(
    "negative_text",
    "Negative amounts as texts",
    "assumed",
    lambda s: s.bet(7, amount="-7"),
    lambda s: s.win(7, amount="-7"),
)
_bad(
    "amount_text",
    "A text that is not a number, for an amount",
    "assumed",
    *(
        lambda s, text=text: s.win(5, amount=text)
        for text in ("5 USD", "", "0x10", "1,5", "١٢", "1_000", "NaN", "Infinity", " 5", "+5", ".5", "5.")
    ),
)
_bad(
    "amount_type",
    "A boolean, or null, for an amount",
    "assumed",
    lambda s: s.win(5, amount=True),
    lambda s: s.win(5, amount=None),
    lambda s: s.bet(5, amount=False),
)
_bad(
    "amount_huge",
    "An amount beyond any currency",
    "assumed",
    lambda s: s.win(RawLiteral("1e400")),
    lambda s: s.win(RawLiteral("1e999999999")),
    lambda s: s.win(RawLiteral("9" * 400)),
)
_bad(
    "amount_fine",
    "An amount of 30 digits after the point is refused, not rounded",
    "assumed",
    lambda s: s.bet(RawLiteral("0." + "0" * 29 + "1")),
    lambda s: s.win(RawLiteral("1." + "3" * 30)),
)
_bad(
    "id_type",
    "What is no id, for transactionId",
    "assumed",
    *(
        lambda s, value=value: s.win(5, transactionId=value)
        for value in (RawLiteral("1.5"), True, None, "", "1,2", RawLiteral("-1.25"))
    ),
)
_bad(
    "player_type",
    "What is no id, for playerId",
    "assumed",
    lambda s: s.win(5, playerId=None),
    lambda s: s.win(5, playerId=True),
    lambda s: s.win(5, playerId=""),
)
_bad(
    "missing_field",
    "A callback without its id, its player or its amount",
    "documented",
    lambda s: s.win(5, transactionId=...),
    lambda s: s.win(5, playerId=...),
    lambda s: s.win(5, amount=...),
    lambda s: s.bet(5, amount=...),
    lambda s: s.betwin(2, 6, betAmount=...),
    lambda s: s.betwin(2, 6, winAmount=...),
)
_bad("bet_without_currency", "A bet without its currency", "assumed", lambda s: s.bet(5, currency=...))
_bad(
    "unknown_command",
    "A command that does not exist",
    "documented",
    lambda s: s.win(5, command="jackpot"),
    lambda s: s.win(5, command="wins"),
)
_bad(
    "no_command",
    "A callback without a command, or with one that is not a text",
    "documented",
    lambda s: s.win(5, command=...),
    lambda s: s.win(5, command=None),
    lambda s: s.win(5, command=1),
)


def _raw(name: str, title: str, *bodies: bytes) -> None:
    """Add a vector of bytes that are no callback, under a signature in form."""

    def build(s: Scenario) -> None:
        for body in bodies:
            s.refused(build_message("none", {}, body).with_signature(WELL_FORMED, "in form"))
        s.ok(s.win(Decimal(1)), 1, about="the wallet still works")

    refusals.vector(name, title, "assumed")(build)


_raw("empty_body", "No body", b"")
_raw("no_object", "JSON that is not an object", b"[1,2,3]", b'"win"', b"7", b"null", b"true")
_raw("truncated", "A body that was cut off", b'{"command":"win","amount":', b'{"command":"win"', b"{")
_raw(
    "no_json",
    "What is not JSON",
    b"command=win&amount=5",
    b"<html></html>",
    b'{"amount":NaN}',
    b"{'command':'win'}",
    b'{"amount":01}',
    b'{"a":1,}',
)
_raw("no_utf8", "What is not UTF-8", b'{"command":"\xff\xfe"}', b"\xef\xbb\xbf{}", "{}".encode("utf-16"))
_raw(
    "nested",
    "Values that are objects or lists",
    b'{"command":{"a":1}}',
    b'{"command":"win","amount":[5]}',
    b"[" * 2000 + b"]" * 2000,
)
_raw("two_objects", "Two objects", b"{}{}", b'{"command":"balance"} x')
