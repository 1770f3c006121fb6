"""A function finds the player of yours for the id that came."""

import asyncio
import logging

import pytest
from igamingace.callbacks import NotAuthenticated
from igamingace_bindings.contract import CALLBACKS

YOURS = {"P-7": "user123", "12": "user123"}


def find(player_id):
    return YOURS.get(player_id)


async def find_in_a_while(player_id):
    await asyncio.sleep(0)
    return YOURS.get(player_id)


class Finder:
    """A callable object whose call has to be awaited."""

    def __call__(self, player_id):
        return find_in_a_while(player_id)


@pytest.mark.parametrize("function", [find, find_in_a_while, Finder()], ids=["sync", "async", "object"])
@pytest.mark.parametrize("came", ["P-7", 12], ids=str)
async def test_the_wallet_gets_its_own_id_of_the_player(served, any_purse, callback, function, came, diary):
    send = served(any_purse, player_id=function, hooks=diary)

    answer = await send(callback("bet", playerId=came))

    assert answer.json() == {"balance": 98.5, "statusCode": "OK"}
    ((_, event),) = diary.entries
    assert event.player_id == str(came), "hooks and logs name the player as the vendor does"


async def test_the_signature_goes_on_with_the_callback(served, wallet_with, callback):
    arrived = []
    send = served(wallet_with(bet=lambda callback: arrived.append(callback) or 5), player_id=find)

    await send(callback("bet", playerId="P-7"))

    assert arrived[0].player_id == "user123"
    assert arrived[0].signature is not None


@pytest.mark.parametrize("command", CALLBACKS)
@pytest.mark.parametrize("function", [find, find_in_a_while], ids=["sync", "async"])
async def test_none_answers_as_an_unknown_player_does(served, purse, callback, command, function):
    send = served(purse, player_id=function)

    answer = await send(callback(command, playerId="nobody"))

    code = "ERR_INVALID_PLAYER_ID" if command == "balance" else "ERR_NOT_AUTHENTICATED"
    assert answer.json() == {"balance": 0, "statusCode": code}
    assert purse.asked == []


async def test_it_may_refuse(served, purse, callback):
    def refuse(player_id):
        raise NotAuthenticated("closed", balance=7)

    answer = await served(purse, player_id=refuse)(callback("bet"))

    assert answer.json() == {"balance": 7, "statusCode": "ERR_NOT_AUTHENTICATED"}
    assert purse.asked == []


def leave(player_id):
    raise SystemExit(1)


async def leave_in_a_while(player_id):
    raise SystemExit(1)


@pytest.mark.parametrize(
    "function",
    [lambda player_id: 1 / 0, lambda player_id: 7, leave, leave_in_a_while],
    ids=["raises", "an int", "exits", "async exits"],
)
async def test_what_it_should_not_do_is_err_unknown_and_logged(served, purse, callback, caplog, function):
    answer = await served(purse, player_id=function)(callback("bet"))

    assert answer.json() == {"balance": 0, "statusCode": "ERR_UNKNOWN"}
    assert "The function player_id failed" in caplog.text
    assert purse.asked == []


async def test_its_time_is_part_of_the_callbacks_time(served, purse, callback, diary, caplog):
    released = asyncio.Event()

    async def wait(player_id):
        await released.wait()

    caplog.set_level(logging.ERROR)
    answer = await served(purse, player_id=wait, hooks=diary, margin=2.95)(callback("bet"))

    assert answer.json() == {"balance": 0, "statusCode": "ERR_UNKNOWN"}
    assert diary.names() == ["overdue", "answered"]
    assert "The function player_id has not returned in time" in caplog.text
    assert purse.asked == []
