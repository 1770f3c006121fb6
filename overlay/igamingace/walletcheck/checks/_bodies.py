"""Bodies: unknown, missing and invalid fields, and malformed JSON."""

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
    "a truncated body": b'{"command":"win","amount":',
    "a body that is not an object": b"[1,2,3]",
    "a body that is not UTF-8": b'{"command":"\xff\xfe"}',
    "a body with NaN": b'{"command":"win","amount":NaN}',
    "a body nested 2000 deep": b"[" * 2000 + b"]" * 2000,
}
_READ: Final = (
    "Check each field's presence and type before you use it, and answer ERR_UNKNOWN when one is wrong."
)


@bodies.check(
    "broken_json",
    "Malformed bodies are refused without a server error",
    rule="unsent",
    advice="Catch what your JSON parser raises; any answer but OK and HTTP 5xx is accepted.",
)
async def _broken(context: CheckContext) -> None:
    before = await context.balance()
    for what, body in _BROKEN.items():
        broken = build_message("none", {}, body).with_signature(_WELL_FORMED, "invalid, but well-formed")
        await context.expect_clean_refusal(broken, what)
    await context.expect_no_change(before, "broken bodies")


@bodies.check(
    "unknown_command",
    "An unknown command is refused",
    rule="commands",
    advice="Answer ERR_UNKNOWN. No command may be the default.",
)
async def _unknown_command(context: CheckContext) -> None:
    before = await context.balance()
    await context.expect_refusal(
        context.callbacks.win(5).with_fields(command="jackpot"), "the command jackpot"
    )
    await context.expect_refusal(
        context.callbacks.win(5).with_fields(command=...), "a callback without a command"
    )
    await context.expect_no_change(before, "unknown commands")


@bodies.check(
    "extra_fields",
    "Unknown fields are ignored, but signed",
    rule="unknown-fields",
    advice="Accept unknown fields, and include their values in the signature.",
)
async def _extra(context: CheckContext) -> None:
    await context.ensure_balance()
    await context.expect_booked(
        context.callbacks.bet(2, aNewField="new", zNewField=7), -2, "with unknown fields must be OK"
    )


@bodies.check(
    "key_order",
    "The order of the fields and white space do not matter",
    rule="signature-order",
    advice="Sort the names by code point before you join the values; do not sign the raw body.",
)
async def _order(context: CheckContext) -> None:
    await context.ensure_balance()
    backwards = dict(reversed(list(context.callbacks.bet(2).fields.items())))
    await context.expect_booked(
        build_message("bet", backwards), -2, "with its fields in another order must be OK"
    )
    fields = context.callbacks.bet(3).fields
    await context.expect_booked(
        build_message("bet", fields, serialize(fields, space="\n  ")), -3, "with white space must be OK"
    )


@bodies.check(
    "negative",
    "Negative amounts are refused",
    rule="unsent",
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
    "What is no amount, no id and no player is refused",
    rule="unsent",
    advice=_READ,
)
async def _types(context: CheckContext) -> None:
    before = await context.ensure_balance()
    for name, value, what in (
        ("amount", "5 USD", "a text for amount"),
        ("amount", True, "a boolean for amount"),
        ("amount", None, "null for amount"),
        ("transactionId", RawLiteral("1.5"), "a fraction for transactionId"),
        ("transactionId", "1,2", "a text with a comma for transactionId"),
        ("transactionId", None, "null for transactionId"),
        ("playerId", None, "null for playerId"),
    ):
        await context.expect_clean_refusal(
            context.callbacks.win(5).with_fields(**{name: value}), f"a win with {what}"
        )
    await context.expect_no_change(before, "wins with fields of the wrong type")


@bodies.check(
    "missing_field",
    "A callback without its id, player or amount is refused",
    rule="unsent",
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
    await context.expect_no_change(before, "callbacks with a missing field")


async def _timed(context: CheckContext, unit: TimestampUnit) -> None:
    before = await context.ensure_balance()
    timestamp = context.callbacks.now(unit)
    for message in (
        context.callbacks.balance().with_fields(timestamp=timestamp),
        context.callbacks.bet(3, timestamp=timestamp),
    ):
        await context.expect_ok(message, f"with its timestamp in {unit} must be OK")
    await context.expect_change(before, -3, f"a bet of 3 with its timestamp in {unit}")


@timestamps.check(
    "seconds",
    "A timestamp in seconds is accepted",
    rule="timestamps",
    advice="Treat a timestamp above 2 * 10^10 as milliseconds, and any other as seconds.",
)
async def _seconds(context: CheckContext) -> None:
    await _timed(context, "seconds")


@timestamps.check(
    "milliseconds",
    "A timestamp in milliseconds is accepted",
    rule="timestamps",
    advice="Treat a timestamp above 2 * 10^10 as milliseconds, others as seconds; store it in 64 bits.",
)
async def _milliseconds(context: CheckContext) -> None:
    await _timed(context, "milliseconds")


def _for_player(context: CheckContext, player: str) -> list[CallbackMessage]:
    callbacks = context.callbacks
    messages = (callbacks.win(1, roundId=callbacks.new_id()), callbacks.bet(1), callbacks.betwin(1, 1))
    return [message.with_fields(playerId=player) for message in (*messages, callbacks.balance())]


@players.check(
    "unknown",
    "A player that does not exist wins nothing, has no balance and cannot bet",
    rule="unknown-player",
    advice="Look up the player first. Never create one for a callback.",
)
async def _unknown(context: CheckContext) -> None:
    for message in _for_player(context, f"no-such-player-{context.callbacks.new_id()}"):
        await context.expect_refusal(message, f"{message.command} for a player that does not exist")


@players.check(
    "sql",
    "SQL in playerId is not executed",
    rule="unsent",
    advice="Pass playerId as a parameter of the statement; never concatenate it into SQL.",
)
async def _sql(context: CheckContext) -> None:
    before = await context.ensure_balance()
    for tail in ("'", '"', "' AND '1'='1", "' -- ", "\\", "%", "' AND '1'='2"):
        for message in _for_player(context, context.player + tail):
            await context.expect_clean_refusal(
                message, f"{message.command} for a player whose id ends in {tail}"
            )
    await context.expect_no_change(before, "callbacks of players who do not exist")
