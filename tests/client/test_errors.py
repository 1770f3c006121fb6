"""Every error keeps what it knows: through pickle, through copy, and under the class a caller handles."""

from __future__ import annotations

import copy
import pickle

import pytest
from igamingace import errors
from igamingace_bindings import contract

SNAPSHOT = errors.ResponseSnapshot(404, errors.Headers({"X-Trace": "a"}), '{"success": false}')


def api_error(cls, code=2002, name="USER_NOT_FOUND"):
    return cls(
        "no such player",
        code=code,
        name=name,
        http_status=404,
        operation="players.info",
        retryable=False,
        response=SNAPSHOT,
        attempts=2,
        elapsed=0.5,
    )


def transport_error(*, may_have_arrived=True, retryable=False):
    return errors.TransportError(
        "ReadError: broken",
        operation="games.launch",
        may_have_arrived=may_have_arrived,
        retryable=retryable,
        attempts=3,
        elapsed=1.5,
    )


UNEXPECTED_FIELD = errors.UnexpectedField(
    operation="games.list", place="/data/*/gameType", expected="integer", came="string"
)
EXAMPLES = [
    UNEXPECTED_FIELD,
    errors.IGamingAceError("something"),
    errors.ConfigurationError("no token"),
    errors.InvalidArgument("NaN"),
    errors.AgentClosed("closed"),
    errors.AcquireTimeout(in_flight=48, lingering=2, waiting=7, waited=1.5, limit=50),
    api_error(errors.APIError),
    *(api_error(cls) for cls in errors.APIError.__subclasses__()),
    transport_error(),
    errors.Timeout(
        limit="total",
        seconds=30.0,
        operation="games.launch",
        may_have_arrived=True,
        retryable=False,
        attempts=1,
    ),
    errors.UnexpectedResponse(
        "empty", operation="games.launch", retryable=False, response=SNAPSHOT, attempts=1
    ),
]


def test_there_is_an_example_of_every_class():
    defined = {
        value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, Exception)
    }

    assert {type(example) for example in EXAMPLES} == defined


@pytest.mark.parametrize(
    "again",
    [lambda e: pickle.loads(pickle.dumps(e)), copy.copy, copy.deepcopy],
    ids=["pickle", "copy", "deepcopy"],
)
@pytest.mark.parametrize("error", EXAMPLES, ids=lambda error: type(error).__name__)
def test_an_error_survives_with_everything(error, again):
    error.add_note("seen in the night shift")

    twin = again(error)

    assert type(twin) is type(error)
    assert str(twin) == str(error)
    assert twin.args == error.args
    assert set(vars(twin)) == set(vars(error))
    for name, value in vars(error).items():
        assert repr(getattr(twin, name)) == repr(value)


def test_a_subclass_of_a_user_pickles_too():
    error = pickle.loads(pickle.dumps(OfAUser("player 7")))

    assert error.player == "player 7"


class OfAUser(errors.IGamingAceError):
    def __init__(self, player):
        super().__init__(f"about {player}")
        self.player = player


def test_every_error_has_the_one_root():
    assert all(isinstance(example, errors.IGamingAceError) for example in EXAMPLES)


def test_every_kind_of_the_contract_but_ok_has_its_class():
    kinds = {info.kind for info in contract.CODES.values()} - {"ok"}

    assert all(errors.api_error_class(kind).kind == kind for kind in kinds)
    assert errors.api_error_class("a kind of a later contract") is errors.APIError
    assert errors.api_error_class("") is errors.APIError


def test_a_timeout_is_caught_as_pythons_own():
    assert issubclass(errors.Timeout, TimeoutError)
    assert issubclass(errors.AcquireTimeout, TimeoutError)


def test_an_acquire_timeout_says_how_full_the_budget_is():
    error = errors.AcquireTimeout(in_flight=48, lingering=2, waiting=7, waited=1.5, limit=50)

    assert "within 1.5 s: 48 of 50 requests in flight, 2 lingering" in str(error)
    assert "7 more callers waiting" in str(error)


@pytest.mark.parametrize(
    ("may_have_arrived", "retryable", "words"),
    [
        (True, False, "It may have reached the server: check before you send it again."),
        (True, True, "It may have reached the server; it only reads."),
        (False, True, "It did not reach the server."),
    ],
)
def test_a_transport_error_says_whether_it_may_have_arrived(may_have_arrived, retryable, words):
    assert words in str(transport_error(may_have_arrived=may_have_arrived, retryable=retryable))


def test_headers_are_looked_up_in_any_case():
    headers = errors.Headers({"Content-Type": "text/html"})

    assert headers["CONTENT-TYPE"] == headers.get("content-type") == "text/html"
    assert "Content-type" in headers
    assert list(headers) == ["content-type"]
    assert len(headers) == 1
    assert 7 not in headers  # type: ignore[comparison-overlap]
    assert repr(headers) == "Headers({'content-type': 'text/html'})"
