"""Every form of error that frameworks, proxies and Cloudflare send: class, text, and how often it is sent."""

from __future__ import annotations

import json
from typing import NamedTuple

import pytest
from igamingace import errors
from igamingace._client.response import ErrorResponse, parse_response
from igamingace._transport.base import Response

NGINX = (
    "<html>\r\n<head><title>{0}</title></head>\r\n<body>\r\n<center><h1>{0}</h1></center>\r\n"
    "<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
)
EXPRESS = (
    '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>Error</title>\n</head>\n'
    "<body>\n<pre>{0}</pre>\n</body>\n</html>\n"
)
CLOUDFLARE = (
    "<!DOCTYPE html>\n<html lang='en-US'>\n<head>\n<title>{0}</title>\n</head>\n<body>\n"
    "<h1><span>Error</span> <span>{1}</span></h1><h2>{0}</h2>\n<p>Ray ID: 8f1</p></body></html>"
)
TEXTS = ["amount must not be less than 0.01", "currency must be a valid ISO4217 currency code"]
GATEWAY = "is the base URL right?"
NOT_JSON = "not JSON"


def nest(status: int, message: object, error: str | None = None) -> bytes:
    body = {"message": message, "error": error, "statusCode": status}
    return json.dumps({name: value for name, value in body.items() if value is not None}).encode()


def cloudflare(number: int, status: int, name: str) -> bytes:
    """What Cloudflare answers a client that accepts JSON."""
    return json.dumps(
        {
            "type": f"https://developers.cloudflare.com/support/troubleshooting/error-{number}/",
            "title": f"Error {number}: {name}",
            "status": status,
            "detail": f"Cloudflare says: {name}",
            "error_code": number,
            "cloudflare_error": True,
            "retryable": False,
        }
    ).encode()


class Case(NamedTuple):
    """An answer; the class of its error, its code, a piece of its text, and whether a read is sent again."""

    status: int
    body: bytes
    error: type[errors.IGamingAceError]
    code: int | None
    text: str
    reads: bool = False
    writes: bool = False


def by_status(
    status: int, body: object, error: type[errors.APIError], text: str, *, reads: bool = False
) -> Case:
    return Case(
        status, body if isinstance(body, bytes) else json.dumps(body).encode(), error, None, text, reads
    )


def page(status: int, html: str, *, reads: bool = False) -> Case:
    return Case(status, html.encode(), errors.UnexpectedResponse, None, NOT_JSON, reads)


def ours(status: int, body: object, error: type[errors.APIError], code: int | None, **how: bool) -> Case:
    return Case(status, json.dumps(body).encode(), error, code, "", **how)


CASES = {
    # NestJS
    "NestJS 400, a text": by_status(
        400, nest(400, "Unexpected token } in JSON", "Bad Request"), errors.InvalidRequest, "Unexpected token"
    ),
    "NestJS 400, a list": by_status(
        400, nest(400, TEXTS, "Bad Request"), errors.InvalidRequest, f"{TEXTS[0]}; {TEXTS[1]}"
    ),
    "NestJS 401": by_status(401, nest(401, "Unauthorized"), errors.AuthenticationError, "Unauthorized"),
    "NestJS 403": by_status(
        403, nest(403, "Forbidden resource", "Forbidden"), errors.PermissionDenied, "Forbidden resource"
    ),
    "NestJS 404": by_status(
        404, nest(404, "Cannot GET /v1/x", "Not Found"), errors.NotFound, "Cannot GET /v1/x"
    ),
    "NestJS 404, in its text": by_status(
        404, nest(404, "Cannot GET /v1/x", "Not Found"), errors.NotFound, GATEWAY
    ),
    "NestJS 409": by_status(409, nest(409, "Exists", "Conflict"), errors.Conflict, "Exists"),
    "NestJS 413": by_status(413, nest(413, "request entity too large"), errors.InvalidRequest, "too large"),
    "NestJS 422": by_status(422, nest(422, TEXTS), errors.InvalidRequest, TEXTS[1]),
    "NestJS 429": by_status(
        429,
        nest(429, "ThrottlerException: Too Many Requests"),
        errors.RateLimited,
        "ThrottlerException",
        reads=True,
    ),
    # NestJS's words for it are the vendor's name of 1001, which means the same.
    "NestJS 500": Case(
        500, nest(500, "Internal server error"), errors.ServerError, 1001, "Internal server error", reads=True
    ),
    "another 500": by_status(500, {"message": "boom"}, errors.ServerError, "boom", reads=True),
    # Other JSON
    "414": by_status(414, {"error": "URI Too Long"}, errors.InvalidRequest, "URI Too Long"),
    "415": by_status(415, {"error": {"message": "Unsupported"}}, errors.InvalidRequest, "Unsupported"),
    "402": by_status(402, {"message": "Payment Required"}, errors.APIError, "Payment Required"),
    "405": by_status(405, {"detail": "Method Not Allowed"}, errors.APIError, "Method Not Allowed"),
    "418 without a text": by_status(418, {"teapot": 1}, errors.APIError, '{"teapot": 1}'),
    "503": by_status(503, {"message": "no Route"}, errors.ServerError, "no Route", reads=True),
    "FastAPI 422": by_status(
        422,
        {"detail": [{"loc": ["body", "amount"], "msg": "field required"}]},
        errors.InvalidRequest,
        "field required",
    ),
    "a list of errors": by_status(
        422, {"errors": [{"message": "first"}, {"message": "second"}]}, errors.InvalidRequest, "first; second"
    ),
    "an object without fields": by_status(404, {}, errors.NotFound, "{}"),
    "JSON null under 401": by_status(401, b"null", errors.AuthenticationError, "null"),
    "JSON null under 404": by_status(404, b"null", errors.NotFound, GATEWAY),
    "JSON null under 500": by_status(500, b"null", errors.ServerError, "null", reads=True),
    "JSON null under 200": Case(200, b"null", errors.UnexpectedResponse, None, "a JSON null"),
    "a JSON text": by_status(403, b'"Forbidden"', errors.PermissionDenied, "Forbidden"),
    "a JSON list": by_status(400, TEXTS, errors.InvalidRequest, TEXTS[0]),
    "no success under 200": Case(200, b'{"data": []}', errors.UnexpectedResponse, None, "no `success`"),
    "a success under 404": Case(404, b'{"success": true}', errors.UnexpectedResponse, None, "HTTP status"),
    # Pages, and nothing
    "Express 404": page(404, EXPRESS.format("Cannot GET /v1/provider/list")),
    "Express 500": page(500, EXPRESS.format("Internal Server Error"), reads=True),
    "nginx 403": page(403, NGINX.format("403 Forbidden")),
    "nginx 404": page(404, NGINX.format("404 Not Found")),
    "nginx 413": page(413, NGINX.format("413 Request Entity Too Large")),
    "nginx 502": page(502, NGINX.format("502 Bad Gateway"), reads=True),
    "nginx 504": page(504, NGINX.format("504 Gateway Time-out"), reads=True),
    "Cloudflare 403": page(403, CLOUDFLARE.format("Access denied", 1020)),
    "Cloudflare 429": page(429, CLOUDFLARE.format("You are being rate limited", 1015), reads=True),
    "Cloudflare 1015 as a text": page(429, "error code: 1015", reads=True),
    "Cloudflare 1018 as a text": page(409, "error code: 1018"),
    **{
        f"Cloudflare {status}": page(status, CLOUDFLARE.format("Web server is down", status), reads=True)
        for status in range(520, 528)
    },
    **{
        f"{status} without a body": Case(status, b"", errors.UnexpectedResponse, None, "is empty", reads)
        for status, reads in ((401, False), (404, False), (429, True), (500, True), (503, True))
    },
    "a redirect": Case(
        302, b"", errors.UnexpectedResponse, None, "a redirect to https://elsewhere.example/v1"
    ),
    "a redirect with a page": Case(
        301, NGINX.format("301 Moved Permanently").encode(), errors.UnexpectedResponse, None, "a redirect to"
    ),
    "a redirect with JSON": Case(307, b"{}", errors.UnexpectedResponse, None, "a redirect to"),
    # Cloudflare's numbers are not the vendor's
    "Cloudflare 1015 as JSON": by_status(
        429, cloudflare(1015, 429, "Rate limited"), errors.RateLimited, "Rate limited", reads=True
    ),
    "Cloudflare 1018 as JSON": by_status(
        409, cloudflare(1018, 409, "Could not find host"), errors.Conflict, "Could not find host"
    ),
    "Cloudflare 1020 as JSON": by_status(
        403, cloudflare(1020, 403, "Access denied"), errors.PermissionDenied, "Access denied"
    ),
    "Cloudflare 522 as JSON": by_status(
        522, cloudflare(522, 522, "Timed out"), errors.ServerError, "Timed out", reads=True
    ),
    # Codes: a known one decides, whatever the status; an unknown one is carried
    "a known code under 500": ours(500, {"success": False, "code": 2002}, errors.NotFound, 2002),
    "a known code under 404": ours(
        404, {"success": False, "code": 1001}, errors.ServerError, 1001, reads=True
    ),
    "a known code in a NestJS body": ours(
        400,
        {"statusCode": 400, "message": {"code": 1018, "message": "busy"}},
        errors.ServerIsBusy,
        1018,
        reads=True,
        writes=True,
    ),
    "a nested 1018": ours(500, {"error": {"code": 1018}}, errors.ServerIsBusy, 1018, reads=True, writes=True),
    "a nested 1018 in a list": ours(
        400, {"errors": [{"code": "SERVER_IS_BUSY"}]}, errors.ServerIsBusy, 1018, reads=True, writes=True
    ),
    "a 1018 in error_code": ours(
        429, {"error_code": 1018}, errors.ServerIsBusy, 1018, reads=True, writes=True
    ),
    "an unknown code under 404": ours(404, {"success": False, "code": 9999}, errors.NotFound, 9999),
    "an unknown code under 500": ours(500, {"code": 9999}, errors.ServerError, 9999, reads=True),
    "an unknown code under 200": ours(200, {"success": False, "code": 9999}, errors.APIError, 9999),
    "no code under 200": Case(200, b'{"success": false, "message": "no"}', errors.APIError, None, ": no"),
    "two known codes": ours(400, {"code": 2002, "errorCode": "SERVER_IS_BUSY"}, errors.NotFound, 2002),
    "a known code below an unknown one": ours(
        400, {"code": 9999, "error": {"code": "USER_NOT_FOUND"}}, errors.NotFound, 2002
    ),
    "a known code above another": ours(
        429, {"code": 1010, "errors": [{"code": 1018}]}, errors.PermissionDenied, 1010
    ),
    "a code that contradicts the status": ours(
        404, {"success": False, "code": 1009}, errors.AuthenticationError, 1009
    ),
    "the status as a code": ours(404, {"success": False, "code": 404}, errors.NotFound, 404),
}


@pytest.mark.parametrize("name", CASES)
def test_each_answer_raises_its_class_with_a_text_and_is_sent_as_often_as_it_may(
    client, server, answers, slots, name
):
    case = CASES[name]
    server.answers(answers.bytes(case.body, "Location: https://elsewhere.example/v1", status=case.status))

    with pytest.raises(case.error) as read_error:
        client.list(max_retries=1, busy_retries=1)
    reads = len(server.seen)
    with pytest.raises(case.error) as write_error:
        client.launch(max_retries=1, busy_retries=1)
    writes = len(server.seen) - reads

    for caught in (read_error.value, write_error.value):
        assert type(caught) is case.error
        assert getattr(caught, "code", None) == case.code
        assert case.text in str(caught)
        assert caught.http_status == case.status  # type: ignore[attr-defined]
    assert (reads, writes) == (1 + case.reads, 1 + case.writes)
    assert (read_error.value.retryable, write_error.value.retryable) == (case.reads, case.writes)  # type: ignore[attr-defined]
    drained = issubclass(case.error, errors.ServerIsBusy)
    assert slots.events.count("refused") == (reads + writes if drained else 0)
    assert "abandoned" not in slots.events


@pytest.mark.parametrize("status", range(400, 600))
def test_every_error_status_of_json_without_a_code_is_an_api_error(status):
    found = parse_response(Response(status, [], b'{"statusCode": 1}', 0.0))

    assert isinstance(found, ErrorResponse)
    assert found.resend == ("reads" if status >= 500 or status == 429 else "never")
    assert (errors.api_error_class(found.kind) is errors.ServerError) == (status >= 500)


def test_a_player_that_does_not_exist_is_told_from_a_page_of_a_gateway(client, server, answers):
    server.answers(
        answers.json({"success": False, "message": "USER_NOT_FOUND"}, status=404),
        answers.json({"statusCode": 404, "message": "Cannot GET /v1/player/info"}, status=404),
    )

    with pytest.raises(errors.NotFound) as player:
        client.list()
    with pytest.raises(errors.NotFound) as gateway:
        client.list()

    assert (player.value.name, gateway.value.name) == ("USER_NOT_FOUND", None)
    assert GATEWAY not in str(player.value)
    assert GATEWAY in str(gateway.value)


def test_a_password_that_a_server_repeats_is_in_no_text(client, server, answers):
    sent = {"password": "correct-horse", "name": "x"}
    server.answers(answers.json({"statusCode": 400, "target": sent}, status=400))

    with pytest.raises(errors.InvalidRequest) as caught:
        client.list()

    assert "correct-horse" not in str(caught.value) + repr(caught.value.response)
    assert '"password": "<hidden>"' in str(caught.value)
