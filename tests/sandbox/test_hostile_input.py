"""Whatever arrives, the answer is clean: a known code, JSON, never a 500."""

from __future__ import annotations

import asyncio
import json
from urllib.parse import unquote_to_bytes

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from igamingace._common.json import InvalidJSON, decode_strict, encode, parse_strict_number
from igamingace.sandbox import create_app

APP = create_app()  # raise_errors: anything wrong inside is raised into the test
TEMPLATES = [
    "/v1/provider/list",
    "/v1/provider/settings/1/USD",
    "/v1/game/list/1",
    "/v1/game/launch",
    "/v1/player/info",
    "/v1/player/wallet/deposit",
    "/v1/operator/update",
    "/v1/transaction/list",
    "/v1/bonus-call/register",
    "/_sandbox/launch",
    "/_sandbox/stats",
    "/_sandbox/state",
    "/_sandbox/accounts/mycasino",
    "/_sandbox/providers/1",
    "/_sandbox/faults",
    "/_sandbox/faults/1",
    "/_sandbox/clock",
    "/_sandbox/requests",
    "/_sandbox/export",
    "/_sandbox/import",
]
METHODS = ["GET", "POST", "PATCH", "PUT", "DELETE", "HEAD", "OPTIONS", "TRACE", "BREW"]
HEADER_NAMES = [
    b"accept",
    b"authorization",
    b"content-length",
    b"content-type",
    b"host",
    b"transfer-encoding",
    b"x",
]

raw_path = st.one_of(
    st.sampled_from(TEMPLATES).map(str.encode),
    st.builds(
        lambda head, tail: head.encode() + b"/" + tail, st.sampled_from(TEMPLATES), st.binary(max_size=30)
    ),
    st.binary(max_size=40).map(lambda tail: b"/" + tail),
)
good_headers = st.just(
    [
        (b"accept", b"application/json"),
        (b"content-type", b"application/json"),
        (b"authorization", f"Bearer {APP.token}".encode()),
        (b"content-length", b"1"),
    ]
)
json_value = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)
body = st.one_of(
    st.binary(max_size=200),
    json_value.map(lambda value: json.dumps(value).encode()),
    st.text('[]{}:,"\\u0d8e+-.19 ', max_size=60).map(str.encode),
)
hostile_headers = st.lists(st.tuples(st.sampled_from(HEADER_NAMES), st.binary(max_size=40)), max_size=6)


async def _ask(scope, body):
    sent = []

    async def receive():
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message):
        sent.append(message)

    await APP(scope, receive, send)
    return sent


@given(
    method=st.sampled_from(METHODS),
    raw_path=raw_path,
    query=st.binary(max_size=60),
    headers=good_headers | hostile_headers | st.builds(list.__add__, good_headers, hostile_headers),
    body=body,
    client=st.none() | st.tuples(st.text(max_size=20), st.integers(0, 65_535)),
)
@settings(max_examples=800, deadline=None, derandomize=True)
def test_any_bytes_get_a_clean_answer(method, raw_path, query, headers, body, client):
    scope = {
        "type": "http",
        "method": method,
        "scheme": "http",
        "path": unquote_to_bytes(raw_path).decode(errors="replace"),
        "raw_path": raw_path,
        "query_string": query,
        "headers": headers,
        "client": client,
        "server": ("127.0.0.1", 8787),
    }

    start, content = asyncio.run(_ask(scope, body))

    assert start["status"] < 500
    fields = dict(start["headers"])
    assert int(fields[b"content-length"]) == len(content["body"])
    if fields[b"content-type"] == b"application/json":
        assert isinstance(json.loads(content["body"]), dict)
    else:  # a page for people
        assert raw_path == b"/" or raw_path.startswith((b"/_sandbox/", b"/reference"))


@given(st.binary())
@settings(deadline=None, derandomize=True)
def test_any_bytes_are_json_or_are_refused_as_none(raw):
    try:
        value = decode_strict(raw)
    except InvalidJSON:
        return
    assert decode_strict(encode(value)) == value


@pytest.mark.parametrize(
    ("literal", "written"),
    [
        ("0.1", b"0.1"),
        ("1.50", b"1.50"),
        ("12345678901234567890.123456789", b"12345678901234567890.123456789"),
    ],
)
def test_a_decimal_keeps_its_digits(literal, written):
    assert encode(decode_strict(literal.encode())) == written


@pytest.mark.parametrize(("literal", "value"), [("1.0", 1), ("1e2", 100), ("-0.0", 0), ("2.5e1", 25)])
def test_an_integral_number_is_an_integer(literal, value):
    read = parse_strict_number(literal)

    assert (read, type(read)) == (value, int)
