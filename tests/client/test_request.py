"""Operations and fields that the contract does not know: sent under the same budget, retries and errors."""

from __future__ import annotations

import json
from decimal import Decimal
from enum import IntEnum
from types import MappingProxyType
from typing import Any

import pytest
from igamingace import errors
from igamingace._client.config import Options
from igamingace._common.secret import Secret

JACKPOTS = [{"jackpotId": "j-1", "amount": 10.10}]


class Color(IntEnum):
    RED = 7


def request(method="GET", path="/v1/jackpot/list", **arguments):
    return lambda agent: agent.request(method, path, **arguments)


def raw(method="GET", path="/v1/jackpot/list", **arguments):
    return lambda agent: agent.raw.request(method, path, **arguments)


def test_a_get_answers_the_data_with_exact_numbers(client, server, answers, slots, token):
    server.answers(answers.success(JACKPOTS))

    data = client.use(request(query={"providerId": 1, "q": "a b&c", "open": True, "min": Decimal("0.10")}))

    [seen] = server.seen
    assert data == [{"jackpotId": "j-1", "amount": Decimal("10.1")}]
    assert (seen.method, seen.body) == ("GET", b"")
    assert seen.target == "/v1/jackpot/list?providerId=1&q=a%20b%26c&open=true&min=0.10"
    assert seen.headers["authorization"] == f"Bearer {token}"
    assert seen.headers["accept"] == seen.headers["content-type"] == "application/json"
    assert slots.events == ["acquire", "done"]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "post"])
def test_a_write_sends_its_json(client, server, answers, method):
    server.answers(answers.success({"done": True}))
    body = {"jackpotId": "j-1", "amount": Decimal("10.50"), "tags": ("a", None), "more": {"n": 2}}

    data = client.use(request(method, "/v1/jackpot/claim", json=body))

    assert data == {"done": True}
    assert server.seen[0].method == method.upper()
    assert server.seen[0].body == b'{"jackpotId":"j-1","amount":10.50,"tags":["a",null],"more":{"n":2}}'


def test_a_success_without_data_is_none(client, server, answers):
    server.answers(answers.json({"success": True, "message": "OK"}))

    assert client.use(request("DELETE", "/v1/jackpot/j%2F1")) is None
    assert server.seen[0].target == "/v1/jackpot/j%2F1"


def test_the_raw_view_gives_the_envelope(client, server, answers):
    server.answers(answers.json({"success": True, "data": [], "page": 2}, "X-Trace: a"))

    answer = client.use(raw())

    assert (answer.http_status, answer.headers["x-trace"], answer.data) == (200, "a", [])
    assert answer.envelope["page"] == 2


def test_only_a_get_is_sent_again(client, server, answers):
    server.answers(answers.json({"message": "no"}, status=500))

    with pytest.raises(errors.ServerError) as read_error:
        client.use(request(), max_retries=2)
    reads = len(server.seen)
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        with pytest.raises(errors.ServerError) as write_error:
            client.use(request(method), max_retries=2)
        assert not write_error.value.retryable

    assert (reads, len(server.seen)) == (3, 3 + 4)
    assert read_error.value.retryable


def test_a_refusal_for_the_limit_is_drained_and_sent_again(client, server, answers, slots):
    server.answers(answers.busy(), answers.success("done"))

    assert client.use(request("POST", "/v1/jackpot/claim", json={})) == "done"
    assert slots.events == ["acquire", "refused", "acquire retry", "done"]
    assert [seen.body for seen in server.seen] == [b"{}", b"{}"]


def test_an_error_names_method_and_path(client, server, answers, token):
    server.answers(answers.json({"success": False, "code": 2002}, status=404))

    with pytest.raises(errors.NotFound) as caught:
        client.use(request("POST", f"/v1/jackpot/{token}/claim", query={"player": "p-1"}))

    assert caught.value.operation == "POST /v1/jackpot/<token>/claim"
    assert str(caught.value).startswith("POST /v1/jackpot/<token>/claim: USER_NOT_FOUND 2002")
    assert "p-1" not in str(caught.value)


@pytest.mark.parametrize("view", [request, raw])
def test_the_options_of_a_view_hold(client, server, answers, slots, view):
    server.answers(answers.success([]))

    client.use(lambda agent: view()(agent.with_options(urgent=True, acquire_timeout=3)))

    assert slots.events == ["acquire urgent", "done"]
    assert slots.waits == [3]


PATHS = [
    "",
    "v1/x",
    "//evil.example/v1/x",
    "https://evil.example/v1/x",
    "@evil.example/v1",
    "/\\evil.example",
    "/v1/../../admin",
    "/v1/./x",
    "/v1/%2e%2E/x",
    "/v1/.%2e",
    "/..",
    "/v1/x?a=b",
    "/v1/x#f",
    "/v1/x y",
    "/v1/x\r\nHost: evil.example",
    "/v1/x\n",
    "/v1/ü",
    "/v1/100%",
    "/v1/\ud800",
    "/v1/\x00",
    None,
    7,
    b"/v1/x",
]


@pytest.mark.parametrize("view", [request, raw])
@pytest.mark.parametrize("path", PATHS)
def test_a_path_that_leaves_the_address_or_is_not_encoded_is_refused(client, server, slots, path, view):
    with pytest.raises(errors.InvalidArgument, match="path is "):
        client.use(view("GET", path))

    assert (server.seen, slots.events) == ([], [])


@pytest.mark.parametrize(
    "path", ["/", "/v1/x//y", "/v1/a.b/..c/...", "/v1/%D8%A7;a=b,c/@:$&'()*+!~_-", "/v1/x/"]
)
def test_any_other_path_is_sent_as_it_is(client, server, answers, path):
    server.answers(answers.success([]))

    client.use(request(path=path))

    assert server.seen[0].target == path


class Text(str):
    __slots__ = ()


NAN, LOOP = Decimal("nan"), {}
LOOP["self"] = LOOP
DEEP = {}
for _ in range(100_000):
    DEEP = {"a": DEEP}

WRONG: dict[str, dict[str, Any]] = {
    "no method": {"method": ""},
    "a method of another kind": {"method": None},
    "a method that is no token": {"method": "GET /x"},
    "CONNECT": {"method": "CONNECT"},
    "HEAD": {"method": "HEAD"},
    "a GET with a body": {"json": {}},
    "a query that is a text": {"query": "a=b"},
    "a query that is a list": {"query": [("a", "b")]},
    "a query with a number as a name": {"query": {1: "b"}},
    "a query with an empty name": {"query": {"": "b"}},
    "a float in a query": {"query": {"a": 1.5}},
    "bytes in a query": {"query": {"a": b"x"}},
    "a list in a query": {"query": {"a": ["x"]}},
    "NaN in a query": {"query": {"a": NAN}},
    "a huge number in a query": {"query": {"a": 10**5000}},
    "a huge exponent in a query": {"query": {"a": Decimal("1e999999")}},
    "half of a surrogate pair in a query": {"query": {"a": "\ud800"}},
    "a body that is a list": {"method": "POST", "json": []},
    "a body that is a text": {"method": "POST", "json": "{}"},
    "a body with a number as a name": {"method": "POST", "json": {1: 2}},
    "a body with a number as a name within": {"method": "POST", "json": {"a": [{1: 2}]}},
    "a float in a body": {"method": "POST", "json": {"a": [1.5]}},
    "NaN in a body": {"method": "POST", "json": {"a": NAN}},
    "bytes in a body": {"method": "POST", "json": {"a": b"x"}},
    "a set in a body": {"method": "POST", "json": {"a": {1.5}}},
    "an object in a body": {"method": "POST", "json": {"a": object()}},
    "half of a surrogate pair in a body": {"method": "POST", "json": {"a": "\ud800"}},
    "a body that holds itself": {"method": "POST", "json": LOOP},
    "a body that is too deep": {"method": "POST", "json": DEEP},
}


@pytest.mark.parametrize("view", [request, raw])
@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_argument_is_an_invalid_argument(client, server, slots, name, view):
    with pytest.raises(errors.InvalidArgument):
        client.use(view(**WRONG[name]))

    assert (server.seen, slots.events) == ([], [])


def test_none_in_a_query_is_left_out_and_numbers_of_any_kind_are_written_out(client, server, answers):
    server.answers(answers.success([]))

    client.use(request(query={"a": None, "b": Color.RED, "c": Decimal("1E+3"), "d": Text("x"), "e": False}))
    client.use(request(query={}))
    client.use(request(query=MappingProxyType({"a": None})))

    targets = [seen.target.removeprefix("/v1/jackpot/list") for seen in server.seen]
    assert targets == ["?b=7&c=1000&d=x&e=false", "", ""]


def test_extra_query_goes_with_every_call_of_a_view(client, server, answers):
    server.answers(answers.success([]))

    def read(agent):
        return agent.with_options(extra_query={"page": 2, "size": None}).providers.list()

    client.use(read)

    assert server.seen[0].target == "/v1/provider/list?page=2"


def test_extra_query_replaces_a_parameter_of_the_same_name(client, server, answers):
    server.answers(answers.success({"playerCode": 1, "balance": []}))

    def read(agent):
        view = agent.with_options(extra_query={"playerExternalId": "q", "playerId": "p-1"})
        return view.players.info(player_external_id="p-1")

    client.use(read)

    assert server.seen[0].target == "/v1/player/info?playerExternalId=q&playerId=p-1"


def test_extra_body_adds_and_replaces_fields(client, server, answers, launch):
    server.answers(answers.success("https://games.example/launch"))
    extra = {"gameId": [1, 2], "rtp": Decimal("95.50")}

    client.use(lambda agent: launch(agent.with_options(extra_body=extra)))

    sent = json.loads(server.seen[0].body, parse_float=Decimal)
    assert (sent["gameId"], sent["rtp"], sent["playerId"]) == ([1, 2], Decimal("95.50"), "p-1")


@pytest.mark.parametrize("view", [request, raw])
def test_extras_go_with_request_too(client, server, answers, view):
    server.answers(answers.success([]))

    def call(agent):
        agent = agent.with_options(extra_query={"a": 1}, extra_body={"b": 2})
        return view("POST", query={"c": 3}, json={"d": 4})(agent)

    client.use(call)

    assert server.seen[0].target == "/v1/jackpot/list?c=3&a=1"
    assert server.seen[0].body == b'{"d":4,"b":2}'


def test_a_write_without_a_body_gets_the_extra_one(client, server, answers):
    server.answers(answers.success([]))

    client.use(lambda agent: agent.with_options(extra_body={"b": 2}).request("POST", "/v1/x"))

    assert server.seen[0].body == b'{"b":2}'


def test_an_extra_body_for_a_read_is_an_invalid_argument(client, server, slots):
    with pytest.raises(
        errors.InvalidArgument, match=r"extra_body is given for providers\.list, which sends no body"
    ):
        client.use(lambda agent: agent.with_options(extra_body={"b": 2}).providers.list())

    assert (server.seen, slots.events) == ([], [])


@pytest.mark.parametrize("option", ["extra_query", "extra_body"])
@pytest.mark.parametrize("value", ["a=b", [("a", "b")], {1: 2}, {"a": 1.5}, {"a": NAN}, {"a": b""}, 7])
def test_wrong_extras_are_told_when_they_are_given(client, option, value):
    with pytest.raises(errors.InvalidArgument, match=option):
        client.use(lambda agent: agent.with_options(**{option: value}))


def test_extras_stay_as_they_were_given_and_stay_in_views_of_views(client, server, answers):
    server.answers(answers.success([]))
    extra = {"a": {"b": [1]}}

    def call(agent):
        view = agent.with_options(extra_body=extra)
        extra["a"]["b"].append(2)
        return view.with_options(urgent=True).request("POST", "/v1/x")

    client.use(call)

    assert server.seen[0].body == b'{"a":{"b":[1]}}'


def test_options_do_not_show_what_is_sent_with_them():
    options = Options().changed(extra_query={"player": "p-1"}, extra_body=Secret({"player": "p-1"}))

    assert "p-1" not in repr(options)
