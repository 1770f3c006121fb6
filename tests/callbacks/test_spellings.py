"""Every callback that is documented or was seen is read, and every difference is reported."""

import json

import pytest
from callback_spellings import SPELLINGS
from igamingace import drift
from igamingace.callbacks import InvalidCallback, parse, sign


@pytest.fixture(autouse=True)
def forget_differences():
    drift.reset()
    yield
    drift.reset()


def encoded(spelling):
    return json.dumps(spelling.fields).encode()


@pytest.mark.parametrize("spelling", SPELLINGS, ids=str)
def test_it_is_read_without_loss(token, spelling):
    body = encoded(spelling)

    found = parse(body, sign(body, token), token)

    assert {name: getattr(found, name) for name in spelling.expected} == spelling.expected
    assert found.command == spelling.command
    assert found.signature == sign(body, token)


@pytest.mark.parametrize("spelling", SPELLINGS, ids=str)
def test_each_difference_is_reported_once_with_its_place(token, spelling):
    body = encoded(spelling)

    for _ in range(2):
        parse(body, sign(body, token), token)

    found = drift.differences()
    assert {each.place.removeprefix("/"): each.kind for each in found} == spelling.differences
    assert {(each.operation, each.direction, each.count) for each in found} <= {
        (spelling.command, "callback", 2)
    }


@pytest.mark.parametrize("spelling", SPELLINGS, ids=str)
async def test_it_reaches_the_wallet_and_the_hook_for_differences(served, purse, token, spelling):
    told, arrived = [], []

    def play(callback):
        arrived.append(callback)
        return 5

    for command in ("balance", "bet", "win", "betwin", "cancel"):
        setattr(purse, command, play)

    answer = await served(purse, on_drift=told.append)(encoded(spelling))

    assert answer.json() == {"balance": 5, "statusCode": "OK"}
    assert {name: getattr(arrived[0], name) for name in spelling.expected} == spelling.expected
    assert {each.place.removeprefix("/"): each.kind for each in told} == spelling.differences


@pytest.mark.parametrize("change", [{"command": ...}, {"command": "refund"}, {"amount": None}], ids=str)
def test_what_is_refused_is_reported_too(token, callback, change):
    body = callback("bet", **change)

    with pytest.raises(InvalidCallback):
        parse(body, sign(body, token), token)

    (difference,) = drift.differences()
    assert difference.place == f"/{next(iter(change))}"


def test_no_value_of_a_callback_is_reported(token, callback, caplog):
    body = callback("bet", playerId=4711, secretPlayer=4711, amount="12345.67")

    parse(body, sign(body, token), token)

    shown = caplog.text + "".join(map(str, drift.differences()))
    assert "/amount" in shown
    assert "4711" not in shown
    assert "12345" not in shown
