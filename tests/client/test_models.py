"""Answers are values: compared, copied, pickled, turned into a dict or JSON, with whatever came in them."""

from __future__ import annotations

import copy
import json
import pickle
from decimal import Decimal

import fastapi
import pytest
from attrs.exceptions import FrozenInstanceError
from fastapi.testclient import TestClient
from igamingace import errors
from igamingace._client.answer_reader import AnswerReader
from igamingace._common.json import decode
from igamingace.models import FreeSpins, Game, GameType, Money, Operator, Transaction
from igamingace_bindings.rest.api.games.games_list import OPERATION as GAMES_LIST
from igamingace_bindings.rest.api.operators.operators_create import OPERATION as OPERATORS_CREATE
from igamingace_bindings.rest.api.operators.operators_info import OPERATION as OPERATORS_INFO
from igamingace_bindings.rest.api.transactions.transactions_list import OPERATION as TRANSACTIONS_LIST

GAME = b'{"gameID":655,"gameName":"Fjord","gameType":0,"inMaintenance":false}'


def read(operation, text, time_zone=None):
    envelope = decode(
        b'{"success":true,"data":' + (text if isinstance(text, bytes) else text.encode()) + b"}"
    )
    return operation.read(envelope, AnswerReader(operation.operation_id, time_zone))


def game(text=GAME):
    return read(GAMES_LIST, b"[" + (text if isinstance(text, bytes) else text.encode()) + b"]")[0]


def transaction(text):
    return read(TRANSACTIONS_LIST, f'{{"list":[{text}]}}').list_[0]


AS_THEY_CAME = [
    GAME.decode(),
    '{"gameID":"655"}',
    '{"gameID":"vs,20"}',
    '{"gameID":1.0}',
    '{"gameID":null}',
    '{"gameName":"no id"}',
    '{"gameID":5,"gameType":7}',
    '{"gameID":5,"gameType":"0"}',
    '{"gameID":5,"gameType":"slot"}',
    '{"gameID":5,"gameType":{"a":[1.50,null]}}',
    '{"gameID":5,"inMaintenance":1}',
    '{"gameID":99999999999999999999}',
    '{"gameID":5,"new":1.10,"another":[{"x":1E+2}]}',
    '{"gameID":5,"game_id":"a name of ours"}',
]


@pytest.mark.parametrize("text", AS_THEY_CAME)
def test_what_came_is_carried_as_it_came(text):
    model = game(text)

    assert model.to_json() == text
    assert model.to_dict() == decode(text.encode())
    for again in (copy.copy(model), copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert again == model
        assert again.to_json() == text
        assert repr(again) == repr(model)


@pytest.mark.parametrize(
    "text",
    [
        '{"amount":1.50}',
        '{"amount":"1.50"}',
        '{"amount":"abc"}',
        '{"amount":1E+3}',
        '{"amount":123456789012345678901234567890.123456789}',
        '{"createdAt":"2024-04-13 09:30:00"}',
        '{"createdAt":"2024-04-13T00:30:00Z"}',
        '{"createdAt":"never"}',
    ],
)
def test_amounts_and_times_are_carried_as_they_came(text):
    assert transaction(text).to_json() == text


def test_an_attribute_has_its_declared_type_or_raises():
    model = game('{"gameID":"vs20","gameType":[1],"inMaintenance":"TRUE"}')

    assert (model.game_id, model.in_maintenance, model.game_name) == ("vs20", True, None)
    with pytest.raises(errors.UnexpectedField) as caught:
        _ = model.game_type
    assert str(caught.value) == (
        "games.list: /data/*/gameType should be of type integer, but came as JSON type array; "
        "to_dict() of the model has what came"
    )
    assert not hasattr(model, "game_type")
    assert getattr(model, "game_type", None) is None


def test_an_error_of_a_field_shows_no_value_and_holds_no_model():
    model = transaction('{"amount":"my secret"}')

    with pytest.raises(errors.UnexpectedField) as caught:
        _ = model.amount
    again = pickle.loads(pickle.dumps(caught.value))

    assert "secret" not in str(caught.value)
    assert caught.value.obj is None
    assert vars(again) == vars(caught.value)
    assert (again.operation, again.place) == ("transactions.list", "/data/list/*/amount")


def test_a_copy_from_another_process_raises_the_same():
    model = pickle.loads(pickle.dumps(transaction('{"amount":"abc"}')))

    with pytest.raises(errors.UnexpectedField, match="^transactions.list: /data/list/"):  # noqa: RUF043
        _ = model.amount


def test_a_name_that_is_no_field_is_an_ordinary_attribute_error():
    with pytest.raises(AttributeError, match="'Game' object has no attribute 'gamename'") as caught:
        _ = game().gamename

    assert not isinstance(caught.value, errors.IGamingAceError)


def test_repr_shows_what_is_unreadable_and_hides_secrets():
    created = read(OPERATORS_CREATE, '{"id":["x"],"token":"60349266c8d9487eab7531b1a15d2480","new":"secret"}')

    assert repr(created) == "CreatedOperator(id=<unreadable>)"
    assert created.token == "60349266c8d9487eab7531b1a15d2480"


def test_a_dict_has_python_names_as_with_pydantic():
    model = game('{"gameID":655,"gameType":"x","new":1}')

    assert dict(model) == {
        "game_id": "655",
        "game_name": None,
        "game_image": None,
        "game_type": "x",
        "in_maintenance": None,
        "new": 1,
    }


def test_models_within_a_model_stay_models_in_a_dict_and_become_objects_in_json():
    model = read(OPERATORS_INFO, '{"id":"a","balance":[{"currency":"USD","amount":1.10}],"providers":[1,2]}')

    assert dict(model)["balance"] == [Money(currency="USD", amount=Decimal("1.10"))]
    assert model.to_dict()["balance"] == [{"currency": "USD", "amount": Decimal("1.10")}]
    assert model.to_json() == '{"id":"a","balance":[{"currency":"USD","amount":1.10}],"providers":[1,2]}'


def test_equal_is_what_says_the_same():
    assert game('{"gameID":5}') == game('{"gameID":"5"}') == Game(game_id="5")
    assert game('{"gameID":5}') != game('{"gameID":"05"}')
    assert game('{"gameID":5}') != game('{"gameID":5,"new":1}')
    assert transaction('{"amount":"abc"}') == transaction('{"amount":"abc"}')
    assert transaction('{"amount":"abc"}') != transaction('{"amount":"abd"}')
    assert transaction('{"amount":"abc"}') != transaction("{}")
    assert transaction('{"amount":"1.5"}') == transaction('{"amount":1.50}')
    assert game() != "a game"


def test_a_model_cannot_be_changed_or_hashed():
    with pytest.raises(FrozenInstanceError):
        game().game_id = "6"
    with pytest.raises(TypeError, match="unhashable"):
        hash(game())


def test_a_model_made_by_hand_is_like_one_that_came():
    made = Game(game_id="655", game_name="Fjord", game_type=GameType.SLOT, in_maintenance=False)

    assert made == game()
    assert made.to_json() == game().to_json()
    assert made.additional_properties == {}
    assert Operator(id="a").to_json() == '{"id":"a"}'
    assert Transaction().to_dict() == {}
    assert FreeSpins(spin_amount=10, base_bet_amount=Decimal("0.10")).to_json() == (
        '{"spinAmount":10,"baseBetAmount":0.10}'
    )


def test_models_take_no_room_for_a_dict():
    assert not hasattr(game(), "__dict__")


def test_fastapi_returns_a_model_and_its_exact_text():
    app = fastapi.FastAPI()
    model = transaction('{"amount":1.10,"transType":1,"createdAt":"2024-04-13 09:30:00","new":2}')

    @app.get("/model", response_model=None)
    def _model() -> Transaction:
        return model

    @app.get("/text")
    def _text() -> fastapi.Response:
        return fastapi.Response(model.to_json(), media_type="application/json")

    with TestClient(app) as visitor:
        named, exact = visitor.get("/model"), visitor.get("/text")

    assert named.json()["trans_type"] == 1
    assert named.json()["amount"] == 1.1
    assert json.loads(exact.text, parse_float=str)["amount"] == "1.10"
