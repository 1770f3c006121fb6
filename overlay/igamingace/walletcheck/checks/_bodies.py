"""Bodies: what may be there, what may not, and that hostile ones do no harm."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from igamingace._wallet_client.messages import RawLiteral, build_message, serialize
from igamingace.walletcheck._check import CheckGroup

if TYPE_CHECKING:
    from igamingace._wallet_client.messages import CallbackMessage, TimestampUnit
    from igamingace.walletcheck._context import CheckContext

bodies = CheckGroup("body")
timestamps = CheckGroup("timestamp")
players = CheckGroup("player")

_WELL_FORMED: Final = b"A" * 86 + b"=="
_BROKEN: Final[dict[str, bytes]] = {
    "an empty body": b"",
    "a body that breaks off": b'{"command":"win","amount":',
    "a body that is no object": b"[1,2,3]",
    "a body that is no UTF-8": b'{"command":"\xff\xfe"}',
    "a body with NaN": b'{"command":"win","amount":NaN}',
    "a body nested 2000 deep": b"[" * 2000 + b"]" * 2000,
}
_UNSENT: Final = "The vendor sends nothing of the kind; whoever does must gain nothing by it."
_READ: Final = (
    "Check each field's presence and type before you use it, and answer ERR_UNKNOWN when one is wrong."
)


@bodies.check(
    "broken_json",
    "Bodies that are no callback are refused, and upset nobody",
    rule=_UNSENT,
    standing="assumed",
    advice="Catch what your JSON reader raises; any answer but OK and but HTTP 5xx will do.",
)
async def _broken(context: CheckContext) -> None:
    before = await context.balance()
    for what, body in _BROKEN.items():
        broken = build_message("none", {}, body).with_signer(
            lambda _token: _WELL_FORMED, "made up, in the right form"
        )
        await context.expect_clean_refusal(broken, what)
    await context.expect_no_change(before, "broken bodies")


@bodies.check(
    "unknown_command",
    "An unknown command is refused",
    rule="command is one of balance, bet, win, betwin and cancel.",
    standing="documented",
    advice="Answer ERR_UNKNOWN. Have no command that is taken when none of the others fits.",
)
async def _unknown_command(context: CheckContext) -> None:
    before = await context.balance()
    await context.expect_clean_refusal(
        context.callbacks.win(5).with_fields(command="jackpot"), "the command jackpot"
    )
    await context.expect_clean_refusal(
        context.callbacks.win(5).with_fields(command=...), "a callback without a command"
    )
    await context.expect_no_change(before, "unknown commands")


@bodies.check(
    "extra_fields",
    "Fields that are not known are passed over, and signed",
    rule="The vendor may add fields at any time; their values are signed like all others.",
    standing="assumed",
    advice="Take no offence at unknown fields, and put their values into the signature.",
)
async def _extra(context: CheckContext) -> None:
    before = await context.ensure_balance()
    await context.expect_ok(
        context.callbacks.bet(2, aNewField="new", zNewField=7), "with unknown fields must be OK"
    )
    await context.expect_change(before, -2, "a bet of 2 with unknown fields")


@bodies.check(
    "key_order",
    "The order of the fields and white space do not matter",
    rule="The signature is over the values, ordered by the names of their fields.",
    standing="documented",
    advice="Sort the names by code point before you join the values; do not sign the raw body.",
)
async def _order(context: CheckContext) -> None:
    before = await context.ensure_balance()
    backwards = dict(reversed(list(context.callbacks.bet(2).fields.items())))
    await context.expect_ok(build_message("bet", backwards), "with its fields in another order must be OK")
    fields = context.callbacks.bet(3).fields
    await context.expect_ok(
        build_message("bet", fields, serialize(fields, space="\n  ")), "with white space must be OK"
    )
    await context.expect_change(before, -5, "bets of 2 and 3")


@bodies.check(
    "negative",
    "Negative amounts are refused",
    rule=_UNSENT,
    standing="assumed",
    advice="Refuse amounts below 0: a bet of -7 is a gift of 7.",
)
async def _negative(context: CheckContext) -> None:
    before = await context.ensure_balance()
    for message, what in (
        (context.callbacks.bet(-7), "a bet of -7"),
        (context.callbacks.win(-7), "a win of -7"),
        (context.callbacks.betwin(-7, 0), "a betwin with a betAmount of -7"),
        (context.callbacks.betwin(0, -7), "a betwin with a winAmount of -7"),
    ):
        await context.expect_clean_refusal(message, what)
    await context.expect_no_change(before, "negative amounts")


@bodies.check(
    "wrong_types",
    "Fields of the wrong type are refused",
    rule=f'{_UNSENT} The signature does not tell 5 from "5".',
    standing="assumed",
    advice=_READ,
)
async def _types(context: CheckContext) -> None:
    before = await context.ensure_balance()
    for name, value, what in (
        ("amount", "5", "a text for amount"),
        ("amount", True, "a boolean for amount"),
        ("amount", None, "null for amount"),
        ("transactionId", RawLiteral("1.5"), "a fraction for transactionId"),
        ("transactionId", "x", "a text for transactionId"),
        ("transactionId", None, "null for transactionId"),
        ("playerId", 5, "a number for playerId"),
        ("playerId", None, "null for playerId"),
    ):
        await context.expect_clean_refusal(
            context.callbacks.win(5).with_fields(**{name: value}), f"a win with {what}"
        )
    await context.expect_no_change(before, "wins with fields of the wrong type")


@bodies.check(
    "missing_field",
    "A callback that lacks a field is refused",
    rule="The fields of each command are all sent.",
    standing="documented",
    advice=_READ,
)
async def _missing(context: CheckContext) -> None:
    before = await context.ensure_balance()
    for name in ("transactionId", "playerId", "amount"):
        await context.expect_clean_refusal(
            context.callbacks.win(5).with_fields(**{name: ...}), f"a win without {name}"
        )
    await context.expect_clean_refusal(
        context.callbacks.betwin(2, 6).with_fields(betAmount=...), "a betwin without betAmount"
    )
    bet = context.callbacks.bet(4)
    await context.expect_ok(bet)
    await context.expect_clean_refusal(
        context.callbacks.cancel(bet).with_fields(referenceId=...), "a cancel without referenceId"
    )
    await context.expect_change(before, -4, "a bet of 4, and callbacks that lack a field")


async def _timed(context: CheckContext, unit: TimestampUnit) -> None:
    before = await context.ensure_balance()
    moment = context.callbacks.now(unit)
    for one in (
        context.callbacks.balance().with_fields(timestamp=moment),
        context.callbacks.bet(3, timestamp=moment),
    ):
        await context.expect_ok(one, f"with its timestamp in {unit} must be OK")
    await context.expect_change(before, -3, f"a bet of 3 with its timestamp in {unit}")


@timestamps.check(
    "seconds",
    "A timestamp in seconds is accepted",
    rule="The pages contradict each other: the signature example has seconds. Read either.",
    standing="documented",
    advice="Take a timestamp above 2 * 10^10 for milliseconds, and any other for seconds.",
)
async def _seconds(context: CheckContext) -> None:
    await _timed(context, "seconds")


@timestamps.check(
    "milliseconds",
    "A timestamp in milliseconds is accepted",
    rule="The pages contradict each other: the balance example has milliseconds. Read either.",
    standing="documented",
    advice="Take a timestamp above 2 * 10^10 for milliseconds, others for seconds; keep it in 64 bits.",
)
async def _milliseconds(context: CheckContext) -> None:
    await _timed(context, "milliseconds")


def _of(context: CheckContext, player: str) -> list[CallbackMessage]:
    callbacks = context.callbacks
    return [
        one.with_fields(playerId=player)
        for one in (callbacks.balance(), callbacks.bet(1), callbacks.betwin(1, 1))
    ]


@players.check(
    "unknown",
    "A player that does not exist has no balance and cannot bet",
    rule="An unknown player is ERR_INVALID_PLAYER_ID for balance, and refused for bet.",
    standing="documented",
    advice="Look the player up first. Never make one up because a callback names it.",
)
async def _unknown(context: CheckContext) -> None:
    for one in _of(context, f"no-such-player-{context.callbacks.new_id()}"):
        await context.expect_clean_refusal(one, f"{one.command} for a player that does not exist")


@players.check(
    "sql",
    "SQL in playerId is taken for an id, not for SQL",
    rule="playerId is any text. (Only harmless SQL is tried: at worst it names the same player again.)",
    standing="assumed",
    advice="Pass playerId as a parameter of the statement; never paste it into SQL.",
)
async def _sql(context: CheckContext) -> None:
    before = await context.ensure_balance()
    for tail in ("'", '"', "' AND '1'='1", "' -- ", "\\", "%", "' AND '1'='2"):
        for one in _of(context, context.player + tail):
            await context.expect_clean_refusal(one, f"{one.command} for a player whose id ends in {tail}")
    await context.expect_no_change(before, "callbacks of players who do not exist")
