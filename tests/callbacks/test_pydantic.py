"""A callback that is read without pydantic's validation is what pydantic makes of the same fields."""

import pickle

import pytest
from igamingace.callbacks import parse, sign
from igamingace.callbacks._parse import _READERS, MODELS
from igamingace_bindings.contract import CALLBACKS


@pytest.mark.parametrize("command", CALLBACKS)
def test_a_documented_callback_is_what_pydantic_makes_of_its_fields(callback, token, command):
    body = callback(command, **({} if command != "cancel" else {"referenceId": ...}))
    found = parse(body, sign(body, token), token)
    fields = found.model_dump(by_alias=True, exclude_unset=True)
    if command == "cancel":  # of its only id the model makes that of the bet
        fields["transactionId"] = found.bet_id
    made = MODELS[command].model_validate(fields)

    assert found == made
    assert repr(found) == repr(made)
    assert {*vars(found)} - {"_signature"} == {*vars(made)}
    assert found.model_fields_set == made.model_fields_set
    assert found.model_extra == made.model_extra == {}
    assert found.__pydantic_private__ == made.__pydantic_private__
    assert pickle.loads(pickle.dumps(found)) == found
    assert found.model_copy(update={"player_id": "x"}).signature == found.signature


@pytest.mark.parametrize("command", CALLBACKS)
def test_a_documented_callback_is_read_in_the_fast_way(callback, token, command, monkeypatch):
    monkeypatch.setattr(type(_READERS[command]), "read_tolerantly", None)
    body = callback(command, **({} if command != "cancel" else {"referenceId": ...}))

    assert parse(body, sign(body, token), token).command == command
