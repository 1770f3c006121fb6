"""Other spellings, as live traffic of a sister deployment had them: booked whole or refused, never twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from igamingace._wallet_client.messages import number_text
from igamingace.walletcheck._check import CheckGroup

if TYPE_CHECKING:
    from collections.abc import Callable

    from igamingace._wallet_client.messages import CallbackMessage
    from igamingace.walletcheck._check import CheckFunction
    from igamingace.walletcheck._context import CheckContext

spellings = CheckGroup("spelling")

_NUMBERS: Final = frozenset({"amount", "betAmount", "winAmount", "providerId", "timestamp"})
_IDS: Final = frozenset({"transactionId", "referenceId", "roundId", "gameCode", "bonusId"})
_ADVICE: Final = (
    'Read what can be read without loss, 5 and "5" as the same id, and refuse the rest before anything is '
    "booked; see the guide of the callbacks, Reading what comes."
)


def _as_texts(message: CallbackMessage, names: frozenset[str]) -> CallbackMessage:
    fields = {name: number_text(value) for name, value in message.fields.items() if name in names}
    return message.with_fields(**fields)


def _with_texts_for_numbers(message: CallbackMessage) -> CallbackMessage:
    return _as_texts(message, _NUMBERS)


def _with_texts_for_ids(message: CallbackMessage) -> CallbackMessage:
    return _as_texts(message, _IDS)


def _with_numbers_for_booleans(message: CallbackMessage) -> CallbackMessage:
    return message.with_fields(
        **{name: int(value) for name, value in message.fields.items() if isinstance(value, bool)}
    )


def _with_capitals(message: CallbackMessage) -> CallbackMessage:
    return message.with_fields(command=message.command.upper())


def _without_description(message: CallbackMessage) -> CallbackMessage:
    return message.with_fields(gameCode=None, timestamp=..., providerId=...)


def _function(spell: Callable[[CallbackMessage], CallbackMessage]) -> CheckFunction:
    async def run(context: CheckContext) -> None:
        callbacks, speak = context.callbacks, context.client.speak
        await context.ensure_balance()
        bet = callbacks.bet(5)
        await context.expect_booked(bet, -5)
        messages = (
            (callbacks.bet(2), -2),
            (callbacks.win(3, isRoundFinished=False), 3),
            (callbacks.betwin(2, 4), 2),
            (callbacks.cancel(bet), 5),
        )
        for plain, change in messages:
            what = f"a {plain.command} in another spelling"
            result = await context.expect_consistent(spell(speak(plain)), change, what)
            if result.ok:
                await context.expect_unchanged(plain, f"the same {plain.command} in the plain spelling")
        first = callbacks.bet(1)
        await context.expect_booked(first, -1)
        await context.expect_unchanged(spell(speak(first)), "the same bet again in another spelling")

    return run


for _name, _what, _spell in (
    ("numbers", "Amounts as texts", _with_texts_for_numbers),
    ("ids", "Ids as texts", _with_texts_for_ids),
    ("booleans", "Booleans as 0 and 1", _with_numbers_for_booleans),
    ("command", "Commands in capitals", _with_capitals),
    ("missing", "Missing and null descriptions", _without_description),
):
    spellings.check(
        _name,
        f"{_what} are booked whole and once, or refused",
        rule="spellings",
        advice=_ADVICE,
    )(_function(_spell))
