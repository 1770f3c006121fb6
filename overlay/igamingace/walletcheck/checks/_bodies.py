"""Bodies: what may be there, what may not, and that hostile ones do no harm."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from igamingace._wallet_client.messages import Raw, letter, write
from igamingace.walletcheck._check import Group

if TYPE_CHECKING:
    from igamingace._wallet_client.messages import Letter, Unit
    from igamingace.walletcheck._context import Play

bodies = Group("body")
timestamps = Group("timestamp")
players = Group("player")

_SHAPED: Final = b"A" * 86 + b"=="
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


@bodies.add(
    "broken_json",
    "Bodies that are no callback are refused, and upset nobody",
    rule=_UNSENT,
    standing="assumed",
    advice="Catch what your JSON reader raises; any answer but OK and but HTTP 5xx will do.",
)
async def _broken(play: Play) -> None:
    before = await play.balance()
    for what, body in _BROKEN.items():
        broken = letter("none", {}, body).sealed(lambda _token: _SHAPED, "made up, in the right form")
        await play.withstood(broken, what)
    await play.unchanged(before, "broken bodies")


@bodies.add(
    "unknown_command",
    "An unknown command is refused",
    rule="command is one of balance, bet, win, betwin and cancel.",
    standing="documented",
    advice="Answer ERR_UNKNOWN. Have no command that is taken when none of the others fits.",
)
async def _unknown_command(play: Play) -> None:
    before = await play.balance()
    await play.withstood(play.desk.win(5).changed(command="jackpot"), "the command jackpot")
    await play.withstood(play.desk.win(5).changed(command=...), "a callback without a command")
    await play.unchanged(before, "unknown commands")


@bodies.add(
    "extra_fields",
    "Fields that are not known are passed over, and signed",
    rule="The vendor may add fields at any time; their values are signed like all others.",
    standing="assumed",
    advice="Take no offence at unknown fields, and put their values into the signature.",
)
async def _extra(play: Play) -> None:
    before = await play.funded()
    await play.accepted(play.desk.bet(2, aNewField="new", zNewField=7), "with unknown fields must be OK")
    await play.changed(before, -2, "a bet of 2 with unknown fields")


@bodies.add(
    "key_order",
    "The order of the fields and white space do not matter",
    rule="The signature is over the values, ordered by the names of their fields.",
    standing="documented",
    advice="Sort the names by code point before you join the values; do not sign the raw body.",
)
async def _order(play: Play) -> None:
    before = await play.funded()
    backwards = dict(reversed(list(play.desk.bet(2).fields.items())))
    await play.accepted(letter("bet", backwards), "with its fields in another order must be OK")
    fields = play.desk.bet(3).fields
    await play.accepted(letter("bet", fields, write(fields, gap="\n  ")), "with white space must be OK")
    await play.changed(before, -5, "bets of 2 and 3")


@bodies.add(
    "negative",
    "Negative amounts are refused",
    rule=_UNSENT,
    standing="assumed",
    advice="Refuse amounts below 0: a bet of -7 is a gift of 7.",
)
async def _negative(play: Play) -> None:
    before = await play.funded()
    for letter_, what in (
        (play.desk.bet(-7), "a bet of -7"),
        (play.desk.win(-7), "a win of -7"),
        (play.desk.betwin(-7, 0), "a betwin with a betAmount of -7"),
        (play.desk.betwin(0, -7), "a betwin with a winAmount of -7"),
    ):
        await play.withstood(letter_, what)
    await play.unchanged(before, "negative amounts")


@bodies.add(
    "wrong_types",
    "Fields of the wrong type are refused",
    rule=f'{_UNSENT} The signature does not tell 5 from "5".',
    standing="assumed",
    advice=_READ,
)
async def _types(play: Play) -> None:
    before = await play.funded()
    for name, value, what in (
        ("amount", "5", "a text for amount"),
        ("amount", True, "a boolean for amount"),
        ("amount", None, "null for amount"),
        ("transactionId", Raw("1.5"), "a fraction for transactionId"),
        ("transactionId", "x", "a text for transactionId"),
        ("transactionId", None, "null for transactionId"),
        ("playerId", 5, "a number for playerId"),
        ("playerId", None, "null for playerId"),
    ):
        await play.withstood(play.desk.win(5).changed(**{name: value}), f"a win with {what}")
    await play.unchanged(before, "wins with fields of the wrong type")


@bodies.add(
    "missing_field",
    "A callback that lacks a field is refused",
    rule="The fields of each command are all sent.",
    standing="documented",
    advice=_READ,
)
async def _missing(play: Play) -> None:
    before = await play.funded()
    for name in ("transactionId", "playerId", "amount"):
        await play.withstood(play.desk.win(5).changed(**{name: ...}), f"a win without {name}")
    await play.withstood(play.desk.betwin(2, 6).changed(betAmount=...), "a betwin without betAmount")
    bet = play.desk.bet(4)
    await play.accepted(bet)
    await play.withstood(play.desk.cancel(bet).changed(referenceId=...), "a cancel without referenceId")
    await play.changed(before, -4, "a bet of 4, and callbacks that lack a field")


async def _timed(play: Play, unit: Unit) -> None:
    before = await play.funded()
    moment = play.desk.now(unit)
    for one in (play.desk.balance().changed(timestamp=moment), play.desk.bet(3, timestamp=moment)):
        await play.accepted(one, f"with its timestamp in {unit} must be OK")
    await play.changed(before, -3, f"a bet of 3 with its timestamp in {unit}")


@timestamps.add(
    "seconds",
    "A timestamp in seconds is accepted",
    rule="The pages contradict each other: the signature example has seconds. Read either.",
    standing="documented",
    advice="Take a timestamp above 2 * 10^10 for milliseconds, and any other for seconds.",
)
async def _seconds(play: Play) -> None:
    await _timed(play, "seconds")


@timestamps.add(
    "milliseconds",
    "A timestamp in milliseconds is accepted",
    rule="The pages contradict each other: the balance example has milliseconds. Read either.",
    standing="documented",
    advice="Take a timestamp above 2 * 10^10 for milliseconds, others for seconds; keep it in 64 bits.",
)
async def _milliseconds(play: Play) -> None:
    await _timed(play, "milliseconds")


def _of(play: Play, player: str) -> list[Letter]:
    desk = play.desk
    return [one.changed(playerId=player) for one in (desk.balance(), desk.bet(1), desk.betwin(1, 1))]


@players.add(
    "unknown",
    "A player that does not exist has no balance and cannot bet",
    rule="An unknown player is ERR_INVALID_PLAYER_ID for balance, and refused for bet.",
    standing="documented",
    advice="Look the player up first. Never make one up because a callback names it.",
)
async def _unknown(play: Play) -> None:
    for one in _of(play, f"no-such-player-{play.desk.fresh_id()}"):
        await play.withstood(one, f"{one.command} for a player that does not exist")


@players.add(
    "sql",
    "SQL in playerId is taken for an id, not for SQL",
    rule="playerId is any text. (Only harmless SQL is tried: at worst it names the same player again.)",
    standing="assumed",
    advice="Pass playerId as a parameter of the statement; never paste it into SQL.",
)
async def _sql(play: Play) -> None:
    before = await play.funded()
    for tail in ("'", '"', "' AND '1'='1", "' -- ", "\\", "%", "' AND '1'='2"):
        for one in _of(play, play.player + tail):
            await play.withstood(one, f"{one.command} for a player whose id ends in {tail}")
    await play.unchanged(before, "callbacks of players who do not exist")
