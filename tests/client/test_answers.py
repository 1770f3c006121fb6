"""Whatever a server answers, a caller gets data, or one of the package's errors that says what came."""

from __future__ import annotations

import gzip
import json
import zlib
from decimal import Decimal

import pytest
from igamingace import errors

GOOD = json.dumps({"success": True, "message": "OK", "data": []}).encode()


def test_a_success_is_typed_data(client, server, answers):
    server.answers(answers.success())

    [provider] = client.list()

    assert (provider.provider_id, provider.provider_name) == (1, "Nova")


def test_the_three_headers_and_the_user_agent_go_with_reads_and_writes(client, server, answers, token):
    server.answers(answers.success(), answers.success("https://games.example/launch"))

    client.list()
    client.launch()

    for request in server.seen:
        assert request.headers["authorization"] == f"Bearer {token}"
        assert request.headers["accept"] == "application/json"
        assert request.headers["content-type"] == "application/json"
        assert request.headers["user-agent"].startswith("igamingace/")


def test_a_write_carries_its_arguments_as_json(client, server, answers):
    server.answers(answers.success("https://games.example/launch?token=x"))

    url = client.launch()

    [request] = server.seen
    assert url == "https://games.example/launch?token=x"
    assert (request.method, request.target) == ("POST", "/v1/game/launch")
    assert json.loads(request.body)["returnUrl"] == "https://casino.example/lobby"


def test_the_raw_view_shows_status_headers_time_and_envelope(client, server, answers):
    envelope = {"success": True, "message": "OK", "data": [], "new": 1.10}
    server.answers(answers.json(envelope, "X-Trace: a", "X-Trace: b"))

    answer = client.use(lambda agent: agent.raw.providers.list())

    assert answer.http_status == 200
    assert answer.headers["X-TRACE"] == answer.headers.get("x-trace") == "a, b"
    assert answer.elapsed > 0
    assert answer.envelope["new"] == Decimal("1.1")
    assert answer.data == []


def test_a_well_formed_answer_that_says_false_is_an_error(client, server, answers):
    server.answers(answers.json({**json.loads(GOOD), "success": False}))

    with pytest.raises(errors.APIError) as raised:
        client.list()
    assert (raised.value.code, raised.value.http_status) == (None, 200)


UNREADABLE = {
    "empty": (200, b"", "empty"),
    "no content": (204, b"", "empty"),
    "a proxy's page": (502, b"<html><h1>502 Bad Gateway</h1></html>", "not JSON"),
    "half of it": (200, GOOD[:-9], "not JSON"),
    "an array": (200, b"[]", "JSON array"),
    "null": (200, b"null", "JSON null"),
    "a number": (200, b"17", "JSON number"),
    "a string": (200, b'"OK"', "JSON string"),
    "no success": (200, b'{"data": []}', "no `success`"),
    "success of another type": (200, b'{"success": "yes", "data": []}', "neither true nor false"),
    "no data": (200, b'{"success": true, "message": "OK"}', "shape"),
    "data of another type": (200, b'{"success": true, "data": {"a": 1}}', "shape"),
    "an element of another type": (200, b'{"success": true, "data": [{"providerId": "x"}]}', "providerId"),
    "invalid UTF-8": (200, b'{"success": true, "data": ["\xff\xfe"]}', "not JSON"),
    "nesting without end": (200, b'{"success": true, "data": ' + b"[" * 200_000, "not JSON"),
    "a success under an error status": (500, GOOD, "HTTP status"),
    "a number past any use": (200, b'{"success": true, "data": [1e999999999]}', "more than 4300 digits"),
    "a number of 100 000 digits": (200, b'{"success": true, "data": [' + b"7" * 100_000 + b"]}", "not JSON"),
    "JSON and more": (200, GOOD + b"<!-- served by proxy -->", "not JSON"),
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_what_nobody_can_read_is_an_unexpected_response(client, server, answers, case):
    status, body, reason = UNREADABLE[case]
    server.answers(
        answers.raw(http_without_length(status, body))
        if status == 204
        else answers.bytes(body, status=status)
    )

    with pytest.raises(errors.UnexpectedResponse, match=reason) as caught:
        client.list(max_retries=0)

    assert caught.value.http_status == caught.value.response.http_status == status
    assert caught.value.operation == "providers.list"
    assert caught.value.response.body_start.startswith(body[:10].decode("ascii", "backslashreplace"))
    assert len(str(caught.value)) < 600


def http_without_length(status, body):
    return f"HTTP/1.1 {status} Whatever\r\n\r\n".encode() + body


def test_a_body_shorter_than_announced_is_cut_short(client, server, answers):
    server.answers(answers.bytes(GOOD[:20], length=len(GOOD)))

    with pytest.raises(errors.UnexpectedResponse, match="cut short") as caught:
        client.list(max_retries=0)

    assert caught.value.response.body_start == GOOD[:20].decode()


def test_a_chunked_body_without_its_end_is_cut_short(client, server, answers):
    server.answers(
        answers.raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n" + GOOD[:5] + b"\r\n")
    )

    with pytest.raises(errors.UnexpectedResponse, match="cut short"):
        client.list(max_retries=0)


def test_a_body_that_ends_with_the_connection_is_whole(client, server, answers):
    server.answers(answers.raw(b"HTTP/1.1 200 OK\r\n\r\n" + GOOD))

    assert client.list() == []


def test_a_chunked_body_is_put_together(client, server, answers):
    chunks = b"".join(b"1\r\n" + bytes([byte]) + b"\r\n" for byte in GOOD)
    server.answers(
        answers.raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n")
    )

    assert client.list() == []


def raw_deflate(body):
    engine = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return engine.compress(body) + engine.flush()


@pytest.mark.parametrize(
    ("encoding", "compress"),
    [
        ("gzip", gzip.compress),
        ("GZIP", gzip.compress),
        ("x-gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("deflate", raw_deflate),
        ("gzip, gzip", lambda body: gzip.compress(gzip.compress(body))),
        ("identity", bytes),
    ],
)
def test_a_compressed_body_is_read(client, server, answers, encoding, compress):
    server.answers(answers.bytes(compress(GOOD), f"Content-Encoding: {encoding}"))

    assert client.list() == []


@pytest.mark.parametrize(
    "case",
    [
        ("gzip", gzip.compress(GOOD)[:-9], "cut short"),
        ("gzip", GOOD, "cannot be decompressed"),
        ("br", b"whatever", "not asked for"),
        ("gzip", gzip.compress(bytes(65 * 1024 * 1024)), "larger than 64 MiB once decompressed"),
    ],
)
def test_a_body_that_cannot_be_decompressed_is_an_unexpected_response(client, server, answers, case):
    encoding, body, reason = case
    server.answers(answers.bytes(body, f"Content-Encoding: {encoding}"))

    with pytest.raises(errors.UnexpectedResponse, match=reason):
        client.list(max_retries=0)


@pytest.mark.parametrize("announced", [True, False])
def test_a_body_without_end_is_not_read_to_its_end(client, server, answers, slots, announced):
    length = f"Content-Length: {1 << 40}\r\n" if announced else ""
    server.answers(answers.drip(f"HTTP/1.1 200 OK\r\n{length}\r\n".encode(), b" " * (4 * 1024 * 1024)))

    with pytest.raises(errors.UnexpectedResponse, match="larger than 64 MiB"):
        client.list(max_retries=0)

    assert slots.events == ["acquire", "abandoned"]


def test_a_large_answer_is_read(client, server, answers):
    server.answers(
        answers.success(
            [{"providerId": number, "providerName": "x" * 1000, "status": 1} for number in range(5000)]
        )
    )

    assert [provider.provider_id for provider in client.list()] == list(range(5000))


def test_a_redirect_is_not_followed(client, server, answers):
    server.answers(answers.bytes(b"", f"Location: {server.url}/elsewhere", status=302))

    with pytest.raises(errors.UnexpectedResponse, match=r"redirect to .*/elsewhere, which is not followed"):
        client.list()

    assert [request.target for request in server.seen] == ["/v1/provider/list"]


def test_a_cookie_is_not_kept(client, server, answers):
    server.answers(answers.json({"success": True, "data": []}, "Set-Cookie: a=b"))

    client.use(
        lambda agent: (
            [agent.providers.list(), agent.providers.list()] if client.kind == "threads" else twice(agent)
        )
    )

    assert all("cookie" not in request.headers for request in server.seen)


async def twice(agent):
    return [await agent.providers.list(), await agent.providers.list()]


def test_what_is_not_http_is_a_transport_error(client, server, answers):
    server.answers(answers.raw(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"))

    with pytest.raises(errors.TransportError) as caught:
        client.list(max_retries=0)

    assert caught.value.may_have_arrived


@pytest.mark.parametrize("broken", ["reset", "silence"])
def test_no_answer_is_a_transport_error(client, server, answers, broken):
    server.answers(answers.reset if broken == "reset" else answers.raw(b""))

    with pytest.raises(errors.TransportError, match="may have reached the server: check") as caught:
        client.launch()

    assert caught.value.may_have_arrived
    assert not caught.value.retryable
    assert len(server.seen) == 1


def test_nobody_listening_is_a_transport_error_that_says_nothing_was_sent(client, server):
    server.close()

    with pytest.raises(errors.TransportError, match=r"did not reach the server\. Tried 3 times") as caught:
        client.launch()

    assert not caught.value.may_have_arrived
    assert caught.value.retryable


def test_a_body_start_shows_no_control_characters_and_stays_short(client, server, answers):
    server.answers(answers.bytes(b"\x1b[31mred\r\nforged: line\x00" + b"x" * 5000, status=503))

    with pytest.raises(errors.UnexpectedResponse) as caught:
        client.list(max_retries=0)

    assert caught.value.response.body_start.startswith(r"\x1b[31mred\r\nforged: line\x00xxx")
    assert len(caught.value.response.body_start) < 250
    assert str(caught.value).isprintable()


def test_numbers_keep_every_digit(client, server, answers):
    numbers = b'"a": 0.1, "b": 12345678901234567890.123456789, "c": 123456789012345678901234567890'
    server.answers(answers.bytes(b'{"success": true, "data": [], ' + numbers + b"}"))

    envelope = client.use(lambda agent: agent.raw.providers.list()).envelope

    assert (envelope["a"], envelope["b"]) == (Decimal("0.1"), Decimal("12345678901234567890.123456789"))
    assert envelope["c"] == 123456789012345678901234567890
