"""How the bytes of a response are read, whatever pieces they come in."""

import json

import pytest
from igamingace._transport.base import Response, TransportFailure
from igamingace._transport.http1 import ResponseReader

BODY = json.dumps({"success": True}).encode()
LENGTH = f"Content-Length: {len(BODY)}\r\n".encode()
PLAIN = b"HTTP/1.1 200 OK\r\n" + LENGTH + b"\r\n" + BODY


def read(data, *, pieces=0, end=False):
    """Read a response that comes at once, or in pieces of so many bytes; `end` closes the connection."""
    reader = ResponseReader()
    size = pieces or len(data) or 1
    for start in range(0, len(data), size):
        reader.feed(data[start : start + size])
    if end:
        reader.end(broken=False)
    return reader


def outcome(reader, *, reused=False):
    return reader.outcome(0.0, "server:443", reused=reused)


@pytest.mark.parametrize("pieces", [0, 1, 2, 3, 7])
@pytest.mark.parametrize(
    "data",
    [
        PLAIN,
        b"\r\n\r\n" + PLAIN,
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n" + PLAIN,
        b"HTTP/1.1 200 OK\r\n" + LENGTH + b"X: 1\r\n" + LENGTH.lower() + b"\r\n" + BODY,
        b"HTTP/1.1 200 OK\r\n" + LENGTH * 3 + b"\r\n" + BODY,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\nX-Sum: 1\r\n\r\n"
        % (len(BODY), BODY),
    ],
    ids=["plain", "CRLF first", "interim responses", "length twice", "length thrice", "chunked"],
)
def test_a_good_response_is_read_whole_and_its_connection_serves_again(data, pieces):
    reader = read(data, pieces=pieces)

    response = outcome(reader)

    assert isinstance(response, Response)
    assert (response.http_status, response.body, response.fault) == (200, BODY, None)
    assert b"x-sum" not in {name.lower() for name, _ in response.headers}
    assert reader.reusable


@pytest.mark.parametrize("pieces", [0, 1])
@pytest.mark.parametrize("extra", [b"H", b"nonsense", PLAIN, PLAIN[:30], b"\x00"])
def test_what_comes_behind_a_response_spoils_the_connection_and_not_the_response(extra, pieces):
    reader = read(PLAIN + extra, pieces=pieces)

    assert outcome(reader).body == BODY
    assert not reader.reusable


@pytest.mark.parametrize("close", [b"HTTP/1.0 200 OK\r\n", b"HTTP/1.1 200 OK\r\nConnection: close\r\n"])
def test_a_server_that_will_close_is_believed(close):
    reader = read(close + LENGTH + b"\r\n" + BODY)

    assert reader.done
    assert not reader.reusable


def test_without_a_length_the_end_of_the_connection_is_that_of_the_body():
    reader = read(b"HTTP/1.1 200 OK\r\n\r\n" + BODY, end=True)

    assert outcome(reader).body == BODY
    assert outcome(reader).fault is None


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (PLAIN[:-1], "the body was cut short"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n", "the body was cut short"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nno\r\n", "the body is malformed"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "which was not asked for"),
        (
            b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n",
            "another protocol",
        ),
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 300_000, "its headers are larger than 256 KiB"),
    ],
)
def test_a_response_that_is_not_whole_says_why(data, fault):
    reader = read(data, end=True)

    assert fault in outcome(reader).fault
    assert not reader.reusable


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "the connection was closed before any response"),
        (b"HTTP/1.1 200", "in the middle of the response's headers"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "is not an HTTP response"),
        (b"<html>", "is not an HTTP response"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nab", "Duplicate Content-Length"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n", "Transfer-Encoding"),
        (b"HTTP/1.1 " + b"2" * 300_000, ""),
    ],
    ids=["nothing", "half a head", "SSH", "HTML", "two lengths", "length and chunks", "no end of a status"],
)
def test_what_is_no_response_is_a_failure_whose_outcome_is_unknown(data, reason):
    reader = read(data, end=True)

    failure = outcome(reader)

    assert isinstance(failure, TransportFailure)
    assert reason in failure.reason
    assert (failure.may_have_arrived, failure.may_be_running) == (True, True)
    assert not reader.reusable


def test_an_idle_connection_that_ends_without_a_byte_has_run_nothing():
    failure = outcome(read(b"", end=True), reused=True)
    begun = outcome(read(b"H", end=True), reused=True)

    assert (failure.may_have_arrived, failure.may_be_running) == (True, False)
    assert begun.may_be_running


def test_a_status_without_a_body_needs_none():
    reader = read(b"HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n")

    assert reader.done
    assert outcome(reader).body == b""


@pytest.mark.parametrize(
    ("data", "opened"),
    [
        (b"HTTP/1.1 200 Connection established\r\n\r\n", True),
        (b"HTTP/1.1 204 OK\r\nVia: a\r\n\r\n", True),
        (b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 2\r\n\r\nno", False),
        (b"HTTP/1.1 200 OK\r\n\r\nmore", False),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno", False),
    ],
)
def test_a_tunnel_is_open_after_the_head_of_a_success_and_nothing_more(data, opened):
    reader = ResponseReader(only_head=True)

    reader.feed(data)

    assert reader.done
    assert reader.tunnel_opened == opened


@pytest.mark.parametrize("struck", ["on_header", "on_headers_complete", "on_body", "on_message_complete"])
def test_what_a_signal_handler_raises_within_the_parser_is_not_taken_for_a_malformed_response(struck):
    class Struck(ResponseReader):
        def _strike(self, *_):
            raise KeyboardInterrupt

    setattr(Struck, struck, Struck._strike)
    reader = Struck()

    with pytest.raises(KeyboardInterrupt):
        reader.feed(PLAIN)
