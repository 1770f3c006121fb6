"""A wrong argument of any operation is an InvalidArgument that names it, and nothing is sent."""

from __future__ import annotations

import inspect
import math
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from igamingace import Agent, errors
from igamingace_bindings.contract import OPERATIONS

LOOP: list[object] = []
LOOP.append(LOOP)
SECRET = "s3cret-value"


class Text:
    """What is no text, and fails when it is asked to be one."""

    def __str__(self):
        raise RuntimeError("from inside")

    __repr__ = __hash__ = __eq__ = __str__  # type: ignore[assignment]


# None of these is right for any parameter of any operation.
WRONG = {
    "bytes": SECRET.encode(),
    "a float": 1.5,
    "NaN": math.nan,
    "Decimal NaN": Decimal("NaN"),
    "infinity": Decimal("Infinity"),
    "a complex number": 1j,
    "an object": object(),
    "an object that fails": Text(),
    "a class": str,
    "a set": {SECRET},
    "a list of objects": [object()],
    "a list in itself": LOOP,
    "a mapping of nothing known": {SECRET: SECRET},
    "a mapping of numbers": {1: 2},
    "a naive datetime": datetime(2026, 1, 1),  # noqa: DTZ001 -- that is the mistake
    "an empty text": "",
    "half of a surrogate pair": "\ud800",
}


def good(annotation: str) -> object:
    """A right value of this type."""
    values = {
        "datetime": datetime(2026, 1, 1, tzinfo=UTC),
        "Sequence": ["USD"],
        "Literal": "agent",
        "Mapping": {"spin_amount": 10, "base_bet_amount": Decimal(1)},
        "Decimal": Decimal(1),
        "bool": False,
        "str": "USD",
        "int": 1,
    }
    return next(value for name, value in values.items() if name in annotation)


def parameters():
    with Agent("no-token-at-all") as agent:
        for operation in OPERATIONS:
            resource, name = operation.split(".")
            signature = inspect.signature(getattr(getattr(agent, resource), name))
            for parameter in signature.parameters.values():
                yield operation, parameter.name


PARAMETERS = list(parameters())


def call(operation, wrong=None, value=None, *, raw=False):
    """Call the operation with right arguments but for one."""

    def code(agent):
        resource, name = operation.split(".")
        method = getattr(getattr(agent.raw if raw else agent, resource), name)
        given = inspect.signature(method).parameters.values()
        arguments = {one.name: good(one.annotation) for one in given}
        if wrong is not None:
            arguments[wrong] = value
        return method(**arguments)

    return code


@pytest.mark.parametrize("operation", OPERATIONS)
def test_right_arguments_are_sent(client, server, answers, operation):
    server.answers(answers.json({"success": False, "code": 2002}))

    with pytest.raises(errors.NotFound):
        client.use(call(operation))

    assert "{" not in server.seen[0].target.replace("%7B", "{")


@pytest.mark.parametrize(("operation", "parameter"), PARAMETERS)
def test_a_wrong_argument_is_named_and_nothing_is_sent(client, server, answers, slots, operation, parameter):
    server.answers(answers.json({"success": False, "code": 2002}))

    for wrong, value in WRONG.items():
        with pytest.raises((errors.InvalidArgument, errors.NotFound)) as caught:
            client.use(call(operation, parameter, value))

        if wrong == "an empty text" and caught.type is errors.NotFound:
            server.seen.clear()  # a text like any other, where a text is asked for
            slots.events.clear()
            continue
        assert caught.type is errors.InvalidArgument, wrong
        assert parameter in str(caught.value) or "surrogate" in str(caught.value), wrong
        assert SECRET not in str(caught.value), wrong
        assert (server.seen, slots.events) == ([], []), wrong


@pytest.mark.parametrize(("operation", "parameter"), PARAMETERS)
def test_the_raw_view_refuses_the_same(client, server, slots, operation, parameter):
    with pytest.raises(errors.InvalidArgument, match=parameter):
        client.use(call(operation, parameter, object(), raw=True))

    assert (server.seen, slots.events) == ([], [])


@pytest.mark.parametrize("value", ["", ".", "..", None, "\ud800"])
def test_what_is_no_segment_of_a_path_is_refused(client, server, value):
    with pytest.raises(errors.InvalidArgument):
        client.use(lambda agent: agent.bonus_calls.detail(value))

    assert server.seen == []
