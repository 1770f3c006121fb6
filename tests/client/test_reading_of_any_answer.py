"""Whatever JSON a server answers: it is read, or refused as a whole; a model says the same as what came."""

from __future__ import annotations

import contextlib
import copy
import functools
import pickle
import typing
from datetime import datetime
from decimal import Decimal
from enum import Enum
from importlib import import_module
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from igamingace import errors, models
from igamingace._client.answer_reader import AnswerReader
from igamingace._common.json import decode, encode
from igamingace_bindings.contract import OPERATIONS
from igamingace_bindings.rest import types
from igamingace_bindings.rest.errors import DecodeError
from igamingace_bindings.rest.types import Array, Model, Object


def operation(operation_id):
    resource, _, _ = operation_id.partition(".")
    name = operation_id.replace(".", "_")
    return import_module(f"igamingace_bindings.rest.api.{resource}.{name}").OPERATION


WITH_MODELS = [known for known in map(operation, OPERATIONS) if isinstance(known.data, (Object, Array))]

numbers = st.integers() | st.decimals(allow_nan=False, allow_infinity=False, places=2)
spellings = st.sampled_from(
    ["5", "05", "1.50", "true", "FALSE", "0", "", "a,b", "2024-04-13 09:30:00", "2024-04-13T00:30:00Z", "abc"]
)
leaves = st.none() | st.booleans() | numbers | spellings | st.text(max_size=5)
names = st.sampled_from(
    sorted(
        {
            field.name
            for name in models.__all__
            if hasattr(getattr(models, name), "_fields")
            for field in getattr(models, name)._fields
        }
    )
) | st.text(max_size=3)
anything = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=6),
    max_leaves=12,
)


def objects(model):
    """Objects that have the names of a model's fields, and others, and anything in them."""
    known = {field.name: objects_of(field.type) | anything for field in model._fields}
    return st.builds(
        lambda some, more: {**more, **some},
        st.fixed_dictionaries({}, optional=known),
        st.dictionaries(names, leaves),
    )


def objects_of(type_):
    if isinstance(type_, Object):
        return objects(type_.model)
    return st.lists(objects_of(type_.item), max_size=3) if isinstance(type_, Array) else leaves


def models_in(value):
    """The model, or those of a list, and the models within them."""
    if isinstance(value, list):
        for each in value:
            yield from models_in(each)
    elif isinstance(value, Model):
        yield value
        for _, inner in value:
            yield from models_in(inner)


@functools.cache
def types_of(model):
    """The declared types of a model's attributes, None and all."""
    known = {**vars(types), **{name: getattr(models, name) for name in models.__all__}}
    hints = typing.get_type_hints(
        model, vars(import_module(model.__module__)), {**known, "datetime": datetime, "Decimal": Decimal}
    )
    return {
        name: tuple(typing.get_origin(each) or each for each in typing.get_args(hint) or (hint,))
        if typing.get_origin(hint) is not list
        else (list,)
        for name, hint in hints.items()
    }


def check_attributes(model):
    declared = types_of(type(model))  # type: ignore[arg-type] # models say that they have no hash
    for field in model._fields:
        try:
            value = getattr(model, field.python_name)
        except errors.UnexpectedField as error:
            assert error.place.startswith("/data")  # noqa: PT017 -- it may be raised, and then says where
            continue
        plain = declared[field.python_name]
        assert isinstance(value, plain), field
        assert not (isinstance(value, bool) and bool not in plain)
        assert not (isinstance(value, Enum) and int in plain)


@pytest.mark.parametrize("known", WITH_MODELS, ids=lambda known: known.operation_id)
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_whatever_comes_an_attribute_has_its_type_or_raises_and_nothing_is_lost(known, data):
    came = data.draw(objects_of(known.data) | anything)
    envelope: Any = decode(encode({"data": came}))
    reader = AnswerReader(known.operation_id)

    try:
        result = known.read(envelope, reader)
    except DecodeError:
        assert reader.differences
        return

    for model in models_in(result):
        check_attributes(model)
        again = pickle.loads(pickle.dumps(model))
        assert again == model == copy.deepcopy(model)
        assert again.to_json() == model.to_json()
        assert repr(again) == repr(model)
    tops = result if isinstance(result, list) else [result]
    sources = envelope["data"] if isinstance(result, list) else [envelope["data"]]
    for model, source in zip(tops, sources, strict=True):
        assert without_nulls(decode(model.to_json().encode())) == without_nulls(source)


def without_nulls(value):
    """The same without properties that are null: an optional one may as well be missing."""
    if isinstance(value, dict):
        return {name: without_nulls(inner) for name, inner in value.items() if inner is not None}
    return [without_nulls(each) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize("known", WITH_MODELS, ids=lambda known: known.operation_id)
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_a_strict_reader_takes_only_what_a_tolerant_one_finds_no_fault_with(known, data):
    envelope = decode(encode({"data": data.draw(objects_of(known.data))}))
    tolerant = AnswerReader(known.operation_id)
    with contextlib.suppress(DecodeError):
        known.read(envelope, tolerant)
    faults = {each.kind for each in tolerant.differences} - {"unknown field", "unknown value"}

    try:
        known.read(envelope, AnswerReader(known.operation_id, strict=True))
    except DecodeError:
        assert faults
    else:
        assert not faults
