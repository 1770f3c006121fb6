"""Other spellings of the same callback: booked as the same, or refused; never half."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from igamingace._wallet_client.dialects import RoundDetails, as_sister
from igamingace._wallet_client.messages import RawLiteral, build_message, serialize

from .scenario import Group

if TYPE_CHECKING:
    from collections.abc import Callable

    from igamingace._wallet_client.messages import CallbackMessage
    from igamingace_bindings.contract import Standing

    from .scenario import Scenario

spellings: Final = Group("spelling", "Other spellings of the same callback")


def _spelt(
    name: str,
    title: str,
    standing: Standing,
    make: Callable[[Scenario], CallbackMessage],
    change: object,
    **options: str,
) -> None:
    """Add a vector of one callback in another spelling, which comes twice."""

    def build(s: Scenario) -> None:
        message = make(s)
        if standing == "documented":
            s.ok(message, change)
            s.ok(message, about="the same bytes again")
        else:
            s.ok_or_refused(message, change)
            s.ok_or_refused(message, about="the same bytes again")

    spellings.vector(name, title, standing, **options)(build)


def _backwards(message: CallbackMessage) -> CallbackMessage:
    return build_message(message.command, dict(reversed(list(message.fields.items()))))


def _spaced(message: CallbackMessage, space: str) -> CallbackMessage:
    return build_message(message.command, message.fields, serialize(message.fields, space=space))


def _sister(s: Scenario, message: CallbackMessage) -> CallbackMessage:
    return as_sister(message, RoundDetails(s.currency))


_spelt("key_order", "Fields in another order", "documented", lambda s: _backwards(s.bet(5)), -5)
_spelt("white_space", "White space between the fields", "documented", lambda s: _spaced(s.bet(5), "\n  "), -5)
_spelt(
    "white_space_around",
    "White space around the object",
    "documented",
    lambda s: build_message("win", (win := s.win(5)).fields, b"\r\n " + win.body + b"\t\n"),
    5,
)
_spelt("seconds", "A timestamp in seconds", "documented", lambda s: s.bet(5, timestamp=1713792000), -5)
_spelt(
    "unknown_fields",
    "Fields that nobody has announced",
    "documented",
    lambda s: s.bet(5, aNewField="new", zNewField=7),
    -5,
)
_spelt("literal_zeros", "An amount of 1.50", "documented", lambda s: s.bet(RawLiteral("1.50")), "-1.5")
_spelt(
    "literal_many_zeros", "An amount of 15.000000", "assumed", lambda s: s.bet(RawLiteral("15.000000")), -15
)
_spelt("literal_exponent", "An amount of 1e1", "assumed", lambda s: s.bet(RawLiteral("1e1")), -10)
_spelt(
    "literal_capital_exponent",
    "An amount of 125E-2",
    "assumed",
    lambda s: s.bet(RawLiteral("125E-2")),
    "-1.25",
)
_spelt("amount_text", "An amount as a text", "observed", lambda s: s.bet(5, amount="10.5"), "-10.5")
_spelt(
    "win_amount_text", "The amount of a win as a text", "observed", lambda s: s.win(5, amount="10.50"), "10.5"
)
_spelt(
    "betwin_amount_texts",
    "The amounts of a betwin as texts",
    "observed",
    lambda s: s.betwin(1, 1, betAmount="2", winAmount="5.25"),
    "3.25",
)
_spelt("provider_text", "A providerId as a text", "observed", lambda s: s.bet(5, providerId="2"), -5)
_spelt("boolean_numbers", "Booleans as 0 and 1", "observed", lambda s: s.win(5, isRoundFinished=1), 5)
_spelt("boolean_texts", "Booleans as texts", "observed", lambda s: s.bet(5, isBonusBusy="false"), -5)
_spelt("no_timestamp", "A bet without its timestamp", "observed", lambda s: s.bet(5, timestamp=...), -5)
_spelt("no_round", "A win without its round", "observed", lambda s: s.win(5, roundId=...), 5)
_spelt("null_round", "A win whose round is null", "observed", lambda s: s.win(5, roundId=None), 5)
_spelt("null_game", "A bet whose game is null", "observed", lambda s: s.bet(5, gameCode=None), -5)
_spelt("capital_command", "A command in capitals", "observed", lambda s: s.bet(5, command="BET"), -5)
_spelt("game_code_text", "A gameCode that is a name", "sister", lambda s: s.bet(5, gameCode="vswaysdogs"), -5)
_spelt(
    "transaction_text",
    "A transactionId that is a text",
    "sister",
    lambda s: s.bet(5, transactionId=f"SP{s.new_id()}"),
    -5,
)
_spelt(
    "player_number",
    "A playerId that is a number",
    "observed",
    lambda s: s.bet(5, playerId=47110815),
    -5,
    player="47110815",
)
_spelt(
    "player_unicode", "A playerId outside ASCII", "assumed", lambda s: s.bet(5), -5, player="v-spieler-é中🎰"
)
_spelt("currency_case", "A currency in small letters", "observed", lambda s: s.bet(5, currency="usd"), -5)
_spelt("win_currency", "A win with its currency", "sister", lambda s: s.win(5, currency="USD"), 5)
_spelt(
    "sister_bet",
    "A bet as the sister sends it",
    "sister",
    lambda s: _sister(s, s.bet(Decimal("1.5"))),
    "-1.5",
)
_spelt(
    "sister_win",
    "A win as the sister sends it",
    "sister",
    lambda s: _sister(s, s.win(Decimal("2.75"))),
    "2.75",
)
_spelt("sister_betwin", "A betwin as the sister sends it", "sister", lambda s: _sister(s, s.betwin(2, 7)), 5)


@spellings.vector("sister_cancel", "A cancel as the sister sends it", "sister")
def _sister_cancel(s: Scenario) -> None:
    bet = _sister(s, s.bet(5))
    s.ok_or_refused(bet, -5)
    number = int(str(bet.fields["transactionId"]).removeprefix("SP"))
    s.ok_or_refused(_sister(s, s.cancel(number)), 5)


@spellings.vector("same_id", "5 and its text are the same id", "sister")
def _same_id(s: Scenario) -> None:
    bet = s.bet(5)
    s.ok(bet, -5)
    s.any_answer(bet.with_fields(transactionId=str(bet.id)), about="its id as a text")


@spellings.vector("other_id", "An id with a zero in front is another one", "assumed")
def _other_id(s: Scenario) -> None:
    bet = s.bet(5)
    s.ok(bet, -5)
    s.ok_or_refused(
        bet.with_fields(transactionId=f"0{bet.id}"), -5, about="its id with a 0 in front, as a text"
    )


@spellings.vector("reference_text", "A cancel finds its bet by the text of its id", "observed")
def _reference_text(s: Scenario) -> None:
    bet = s.bet(5)
    s.ok(bet, -5)
    s.ok_or_refused(s.cancel(bet, referenceId=str(bet.id)), 5)
