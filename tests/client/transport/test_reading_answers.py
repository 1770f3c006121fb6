"""All kinds of agents read the same answers, and all that can be read safely."""

from __future__ import annotations

import gzip
import json
import zlib

import pytest
from igamingace import errors

from .servers import answer, chunked, http, just, last

pytestmark = pytest.mark.parametrize("route", ["plain"])

BODY = answer(1).partition(b"\r\n\r\n")[2]
HALF = len(BODY) // 2
ENCODED = "Content-Encoding: {}\r\n"
CHUNKS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
LENGTH = f"Content-Length: {len(BODY)}\r\n"


def deflated_raw(data: bytes) -> bytes:
    engine = zlib.compressobj(wbits=-15)
    return engine.compress(data) + engine.flush()


READ = {
    "gzip": http(gzip.compress(BODY), extra_headers=ENCODED.format("gzip")),
    "gzip of two members": http(
        gzip.compress(BODY[:HALF]) + gzip.compress(BODY[HALF:]), extra_headers=ENCODED.format("gzip")
    ),
    "gzip of three members, one empty": http(
        gzip.compress(BODY[:HALF]) + gzip.compress(b"") + gzip.compress(BODY[HALF:]),
        extra_headers=ENCODED.format("gzip"),
    ),
    "gzip in chunks": chunked(gzip.compress(BODY)).replace(
        b"\r\n\r\n", b"\r\nContent-Encoding: x-GZIP\r\n\r\n", 1
    ),
    "gzip twice": http(
        gzip.compress(gzip.compress(BODY[:HALF]) + gzip.compress(BODY[HALF:])),
        extra_headers=ENCODED.format("gzip, gzip"),
    ),
    "gzip over two headers": http(
        gzip.compress(gzip.compress(BODY)), extra_headers=ENCODED.format("gzip") * 2
    ),
    "deflate": http(zlib.compress(BODY), extra_headers=ENCODED.format("deflate")),
    "deflate without a header of its own": http(deflated_raw(BODY), extra_headers=ENCODED.format("deflate")),
    "identity": http(BODY, extra_headers=ENCODED.format("identity")),
    "a BOM": http(b"\xef\xbb\xbf" + BODY),
    "a BOM, and white space": http(b"\xef\xbb\xbf\r\n " + BODY + b"\r\n"),
    "gzip of a BOM": http(gzip.compress(b"\xef\xbb\xbf" + BODY), extra_headers=ENCODED.format("gzip")),
    "the same length twice": http(BODY, extra_headers=LENGTH),
    "the same length thrice": http(BODY, extra_headers=LENGTH * 2),
    "CRLF before": b"\r\n" + http(BODY),
    "CRLF before, thrice": b"\r\n" * 3 + http(BODY),
    "no reason phrase": b"HTTP/1.1 200\r\n" + LENGTH.encode() + b"\r\n" + BODY,
    "an empty reason phrase": b"HTTP/1.1 200 \r\n" + LENGTH.encode() + b"\r\n" + BODY,
    "a reason phrase outside ASCII": "HTTP/1.1 200 Gut ü\r\n".encode() + LENGTH.encode() + b"\r\n" + BODY,
    "a header outside ASCII": http(BODY, extra_headers="X-Name: Zoë\r\n"),
    "an empty header": http(BODY, extra_headers="X-Name:\r\n"),
    "no space after a colon": http(BODY, extra_headers="X-Name:1\r\n"),
    "upper case": http(BODY).replace(b"Content-Length", b"CONTENT-LENGTH"),
    "HTTP/1.0": http(BODY, version="1.0"),
    "chunks": chunked(BODY),
    "chunks with a trailer": chunked(BODY, trailer=b"X-Sum: 1\r\nX-Other: 2\r\n"),
    "chunks with extensions": CHUNKS + b"%x;a=b;c\r\n%s\r\n0;d\r\n\r\n" % (len(BODY), BODY),
    "chunks in upper case": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n%X\r\n%s\r\n000\r\n\r\n"
    % (len(BODY), BODY),
    "interim answers": b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n"
    + http(BODY),
}


@pytest.mark.parametrize("segments", ["one", "one for each byte"])
@pytest.mark.parametrize("data", READ.values(), ids=READ)
def test_what_can_be_read_is_read(caller, server, slots, data, segments):
    pieces = [data] if segments == "one" else [data[at : at + 1] for at in range(len(data))]
    server.then(just(*pieces))

    assert caller.read(1) == 1

    assert slots.events == ["acquire", "done"]
    assert caller.read(2) == 2


READ_TO_THE_END = {
    "no length": b"HTTP/1.1 200 OK\r\n\r\n" + BODY,
    "HTTP/1.0 without a length": b"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n" + BODY,
    "gzip without a length": b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(BODY),
}


@pytest.mark.parametrize("data", READ_TO_THE_END.values(), ids=READ_TO_THE_END)
def test_an_answer_without_a_length_is_read_to_the_end_of_the_connection(caller, server, slots, data):
    server.then(last(data))

    assert caller.read(1) == 1

    assert slots.events == ["acquire", "done"]


REFUSED = {
    "two lengths": http(BODY, extra_headers="Content-Length: 3\r\n"),
    "two lengths, the smaller first": http(BODY).replace(
        b"Content-Length", b"Content-Length: 3\r\nContent-Length"
    ),
    "two lengths in one header": http(BODY).replace(LENGTH[:-2].encode(), f"{LENGTH[:-2]}, 3".encode()),
    "a negative length": http(BODY).replace(b"Content-Length: ", b"Content-Length: -"),
    "a length with a sign": http(BODY).replace(b"Content-Length: ", b"Content-Length: +"),
    "a length that is no number": http(BODY).replace(b"Content-Length: ", b"Content-Length: x"),
    "a chunk that has no size": CHUNKS + b"xyz\r\n" + BODY,
    "a chunk longer than its size": CHUNKS + b"3\r\n" + BODY,
    "no HTTP": b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
    "HTTP/2": b"\x00\x00\x12\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x80\x00\x04\x00\x01\x00\x00",
    "a status that is no number": b"HTTP/1.1 abc OK\r\n" + LENGTH.encode() + b"\r\n" + BODY,
    "a header without a colon": http(BODY, extra_headers="nonsense\r\n"),
    "a cut gzip": http(gzip.compress(BODY)[:-9], extra_headers=ENCODED.format("gzip")),
    "gzip with a second member cut": http(
        gzip.compress(BODY) + gzip.compress(b" ")[:-9], extra_headers=ENCODED.format("gzip")
    ),
    "no gzip": http(BODY, extra_headers=ENCODED.format("gzip")),
    "an encoding not asked for": http(BODY, extra_headers=ENCODED.format("br")),
    "101": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n",
    "204": b"HTTP/1.1 204 No Content\r\n\r\n",
    "304": b"HTTP/1.1 304 Not Modified\r\n\r\n",
    "304 with the length it would have": b"HTTP/1.1 304 Not Modified\r\nContent-Length: 512\r\n\r\n",
    "304 in chunks that do not come": b"HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n",
    "204 with a length": b"HTTP/1.1 204 No Content\r\nContent-Length: 512\r\n\r\n",
    "205": b"HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n",
    "a BOM of UTF-16": http(BODY.decode().encode("utf-16")),
    "two BOMs": http(b"\xef\xbb\xbf\xef\xbb\xbf" + BODY),
}


@pytest.mark.parametrize("data", REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_read_is_said_at_once(caller, server, slots, method, data):
    """The connection stays open: who waited for more would wait until the time limit."""
    server.then(just(data))

    with pytest.raises((errors.UnexpectedResponse, errors.TransportError)) as caught:
        caller.call(method, 1)

    assert isinstance(caught.value, errors.UnexpectedResponse | errors.TransportError)
    assert not isinstance(caught.value, errors.Timeout)
    assert caught.value.retryable == (method == "GET") or data.startswith((b"HTTP/1.1 304", b"HTTP/1.1 101"))
    assert getattr(caught.value, "may_have_arrived", True)
    assert len(slots.events) == 2
    assert caller.call(method, 2) == 2
    assert server.numbers == [1, 2]


@pytest.mark.parametrize("data", REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_read_is_the_same_error_in_all_kinds(options, server, data):
    from .conftest import Caller

    found = []
    for kind in ("threads", "asyncio", "uvloop"):
        server.then(just(data))
        with Caller(kind, options) as caller, pytest.raises(errors.IGamingAceError) as caught:
            caller.write(1)
        found.append((type(caught.value), str(caught.value)))

    assert found[0] == found[1] == found[2]


CUT_EMOJIS = {
    "a high surrogate": r"Nova \ud83c",
    "a low surrogate": r"Nova \udf89",
    "the two the wrong way round": r"\udf89\ud83c Nova",
    "a high surrogate before a whole emoji": r"\ud83c\ud83c\udf89 Nova",
    "in upper case": r"Nova \uD83C",
}


@pytest.mark.parametrize("name", CUT_EMOJIS.values(), ids=CUT_EMOJIS)
def test_a_cut_emoji_in_one_name_of_a_list_does_not_lose_the_list(caller, server, name):
    def provider(number, name):
        return f'{{"providerId": {number}, "providerName": "{name}", "logo": "https://a.b/c", "status": 1}}'

    data = ", ".join([provider(1, "Alpha"), provider(2, name), provider(3, r"Emoji \ud83c\udf89")])
    server.then(just(http(f'{{"success": true, "message": "OK", "data": [{data}]}}'.encode())))

    providers = caller.run(caller.agent.providers.list)

    assert [one.provider_id for one in providers] == [1, 2, 3]
    assert providers[0].provider_name == "Alpha"
    assert "Nova" in providers[1].provider_name
    assert providers[2].provider_name == "Emoji \N{PARTY POPPER}"


def test_an_escaped_backslash_before_u_is_no_surrogate(caller, server):
    provider = {
        "providerId": 1,
        "providerName": r"C:\ud83c",
        "logo": "https://cdn.example/1.png",
        "status": 1,
    }
    body = json.dumps({"success": True, "message": "OK", "data": [provider]}).encode()
    server.then(just(http(body)))

    [found] = caller.run(caller.agent.providers.list)

    assert found.provider_name == r"C:\ud83c"
