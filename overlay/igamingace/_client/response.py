"""Reads an answer: a success with its envelope, an error, or something nobody can read.

The vendor does not document where an error's code stands. It is looked for wherever it was seen
(api-facts.md, section 1) and one level down, under any HTTP status: fields made for it come before free text,
known codes before unknown ones. Where no known code is found, the HTTP status says what happened.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, cast

from igamingace_bindings import contract

from igamingace._common import json as exact_json
from igamingace._common.numbers import is_integer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from igamingace._transport.base import Response

# Fields of an error body that hold nothing but a code, its number or its name.
_CODE_FIELDS: Final = ("code", "errorCode", "error_code")
# Fields whose value may be an object with such fields, or a list of them.
_NESTED_FIELDS: Final = ("error", "errors", "message")
# Fields that hold words for people, the best first.
_TEXT_FIELDS: Final = ("message", "error", "errors", "detail", "msg")
_MAX_TEXT_DEPTH: Final = 4
# What a success has no need of: with one of these it is looked at twice.
_ERROR_FIELDS: Final = frozenset({*_CODE_FIELDS, "error", "errors"})
# Cloudflare's own errors are JSON for a client that accepts it, with numbers that mean other things than
# the vendor's: its 1018 is an unknown host, its 1020 a firewall rule, its 1015 a rate limit.
_CLOUDFLARE_MARK: Final = "cloudflare_error"

_HTTP_SUCCESS: Final = range(200, 300)
_HTTP_REDIRECT: Final = range(300, 400)
_HTTP_ERROR: Final = range(400, 600)
_HTTP_SERVER_ERROR: Final = range(500, 600)

_KIND_OF_STATUS: Final[Mapping[int, str]] = {
    HTTPStatus.BAD_REQUEST: "invalid-request",
    HTTPStatus.UNAUTHORIZED: "authentication",
    HTTPStatus.FORBIDDEN: "permission",
    HTTPStatus.NOT_FOUND: "not-found",
    HTTPStatus.CONFLICT: "conflict",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "invalid-request",
    HTTPStatus.REQUEST_URI_TOO_LONG: "invalid-request",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "invalid-request",
    HTTPStatus.UNPROCESSABLE_ENTITY: "invalid-request",
    HTTPStatus.TOO_MANY_REQUESTS: "rate-limit",
}
"""The kind of an error without a known code, as `errors.api_error_class` takes it; 5xx: "server-error"."""

_OK: Final = frozenset(info.code for info in contract.CODES.values() if info.kind == "ok")
# A vendor that fills `code` on success may write this instead of the code's own name.
_OK_NAMES: Final = frozenset(
    {"SUCCESS"} | {info.name for info in contract.CODES.values() if info.kind == "ok"}
)
_BY_NAME: Final[Mapping[str, contract.CodeInfo]] = {
    name: info
    for info in contract.CODES.values()
    if info.code not in _OK
    for name in (info.name, *info.aliases)
}

_NUMBER: Final = re.compile(r"-?[0-9]{1,9}")
_ANY_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{1,63}")
_CLEAR_NAME: Final = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+")
_NAME_IN_TEXT: Final = re.compile(
    rf"(?<!\w)(?:{'|'.join(sorted(map(re.escape, _BY_NAME), key=len, reverse=True))})(?!\w)"
)
# Where a number in free text is a code. Anywhere else it may be anything: 'player 1018 not found'.
_NUMBER_IN_TEXT: Final = re.compile(
    r"""
    # 'error code: 1018', 'Error 1018', 'code=1018', but not 'player code 1018'
    (?: (?: ^ | [\[({:;,.|-]\s* | \b(?:api|err|error|response|result|return|with)[\s_-]? ) code | \berror )
    (?: \s+(?:is|no\.?|number) )? \s* [:=\#]? \s* [\[("']? (?P<said>[0-9]{1,9}) \b (?![.,-]?[0-9])
    # '[1018] busy', '1018: busy', '#1018 - busy'
    | ^\s* [\[(\#]? \s* (?P<first>[0-9]{1,9}) \s* (?: [\])] | \s-\s | : )
    # 'busy (1018)', 'busy (1018), try later'
    | [\[(] \s* (?P<bracket>[0-9]{1,9}) \s* [\])] \s* (?: [.,;:!] | $ )
    """,
    re.IGNORECASE | re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class ErrorResponse:
    """The server answered with an error.

    Attributes:
        code: its number as it came, if any was found.
        name: its name, from the contract or the answer.
        message: the text beside it; None: there is none, and the start of the body takes its place.
        resend: whether the same request may be sent again, in the contract's words.
        kind: how it is handled, as `errors.api_error_class` takes it; empty where nobody knows.
        place: JSON pointer of the code, `*` for an index; empty where no code was found.
    """

    code: int | None
    name: str | None = field(repr=False)  # a traceback shows the repr of local variables
    message: str | None = field(repr=False)
    resend: str = "never"
    kind: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class InvalidResponse:
    """The answer has no form that is known.

    Attributes:
        reason: what is wrong with it.
        resend: "reads" when another try may well go better, else "never".
    """

    reason: str = field(repr=False)  # as above
    resend: str


@dataclass(frozen=True, slots=True)
class _ErrorCode:
    """What a field says of a code: its number, its name, what the contract knows of it, and its place.

    Of a code that the contract knows, number and name are in `known`.
    """

    code: int | None = None
    name: str | None = None
    known: contract.CodeInfo | None = None
    place: str = ""


def parse_response(answer: Response) -> dict[str, Any] | ErrorResponse | InvalidResponse:
    """Tell what an answer is; a mapping is the envelope of a success."""
    if answer.fault is not None:
        return _unreadable(answer, answer.fault)
    parsed = _parse_body(answer)
    if isinstance(parsed, dict):
        envelope = cast("dict[str, Any]", parsed)
        return _success(answer, envelope) if envelope.get("success") is True else _failure(answer, envelope)
    if isinstance(parsed, InvalidResponse):
        return parsed
    if answer.http_status in _HTTP_ERROR:
        return _error(answer, None, _words(parsed))
    return _unreadable(answer, f"the body is a JSON {_json_type(parsed)}, not an object")


def _parse_body(answer: Response) -> object | InvalidResponse:
    if not answer.body:
        return _unreadable(answer, _redirect(answer) or "the body is empty", not_the_api=True)
    try:
        return exact_json.decode_response(answer.body)
    except ValueError as error:
        reason = _redirect(answer) or f"the body is not JSON that can be read ({error})"
    return _unreadable(answer, reason, not_the_api=True)


def _success(answer: Response, envelope: dict[str, Any]) -> dict[str, Any] | ErrorResponse | InvalidResponse:
    message = envelope.get("message")
    plain = isinstance(message, str) and message in _OK_NAMES and _ERROR_FIELDS.isdisjoint(envelope)
    if not plain:
        # A code of ours wherever it stands; an unknown one only in a field of the envelope itself.
        marks = (mark for mark in _marks(envelope) if mark.known or mark.place[1:] in _CODE_FIELDS)
        mark = _best(marks, answer.http_status)
        if mark is not None and mark.code not in _HTTP_SUCCESS:
            return _error(answer, mark, _words(envelope))
    if answer.http_status in _HTTP_SUCCESS:
        return envelope
    return _unreadable(answer, _redirect(answer) or "a success in its body, but not in its HTTP status")


def _failure(answer: Response, envelope: dict[str, Any]) -> ErrorResponse | InvalidResponse:
    mark = None if envelope.get(_CLOUDFLARE_MARK) else _code_of(envelope, answer.http_status)
    if mark is not None or envelope.get("success") is False or answer.http_status in _HTTP_ERROR:
        return _error(answer, mark, _words(envelope))
    if "success" in envelope:
        return _unreadable(answer, "its `success` is neither true nor false, and no code says what happened")
    return _unreadable(answer, _redirect(answer) or "it has no `success`, and no code says what happened")


def _error(answer: Response, mark: _ErrorCode | None, text: str | None) -> ErrorResponse:
    """The error of a known code; else that of the HTTP status, with the code as it came."""
    mark = mark or _ErrorCode()
    if (known := mark.known) is not None:
        return ErrorResponse(known.code, known.name, text or "", known.resend, known.kind, mark.place)
    status = answer.http_status
    kind = "server-error" if status in _HTTP_SERVER_ERROR else _KIND_OF_STATUS.get(status, "")
    resend = "reads" if kind in ("server-error", "rate-limit") else "never"
    return ErrorResponse(mark.code, mark.name, text, resend, kind, mark.place)


def _code_of(envelope: dict[str, Any], http_status: int) -> _ErrorCode | None:
    mark = _best(_marks(envelope), http_status)
    if mark is None or (mark.known is None and mark.code == http_status):
        texts = (_in_text(text, place) for place, text in _messages(envelope))
        mark = next((found for found in texts if found is not None), mark)
    return mark


def _objects(envelope: dict[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The envelope, and the objects one level down that may hold a code: each with its JSON pointer."""
    yield "", envelope
    for name in _NESTED_FIELDS:
        value, place = envelope.get(name), f"/{name}"
        if isinstance(value, list) and value:
            value, place = cast("list[object]", value)[0], f"{place}/*"
        if isinstance(value, dict):
            yield place, cast("dict[str, Any]", value)


def _marks(envelope: dict[str, Any]) -> Iterator[_ErrorCode]:
    """The codes of an envelope, fields made for them first."""
    yield from _codes_in_fields(envelope)
    yield from _codes_in_messages(envelope)


def _codes_in_fields(envelope: dict[str, Any]) -> Iterator[_ErrorCode]:
    for place, values in _objects(envelope):
        for name in _CODE_FIELDS:
            mark = _mark(values.get(name), _ANY_NAME, f"{place}/{name}")
            if mark is not None:
                yield mark


def _messages(envelope: dict[str, Any]) -> Iterator[tuple[str, object]]:
    """What may be a code's name, or text with a code in it: each with its JSON pointer."""
    for place, values in _objects(envelope):
        yield f"{place}/message", values.get("message")
    error = envelope.get("error")
    if isinstance(error, str) and not _NUMBER.fullmatch(error.strip()):  # "error": "1" may be a flag
        yield "/error", error


def _codes_in_messages(envelope: dict[str, Any]) -> Iterator[_ErrorCode]:
    for place, message in _messages(envelope):
        mark = _mark(message, _CLEAR_NAME, place)
        if mark is not None:
            yield mark


def _best(marks: Iterable[_ErrorCode], http_status: int) -> _ErrorCode | None:
    """The first mark that the contract knows; else what the marks say together of an unknown code."""
    unknown: list[_ErrorCode] = []
    for mark in marks:
        if mark.known is not None:
            return mark
        unknown.append(mark)
    if not unknown:
        return None
    # A number that only repeats the HTTP status is the weakest of all.
    ranked = sorted(unknown, key=lambda mark: mark.code == http_status)
    codes = [mark.code for mark in ranked if mark.code is not None]
    names = [mark.name for mark in ranked if mark.name is not None]
    return _ErrorCode(codes[0] if codes else None, names[0] if names else None, place=ranked[0].place)


def _mark(value: object, unknown_names: re.Pattern[str], place: str) -> _ErrorCode | None:
    """What a field says when all of it is a number or a name; None for a success, nothing or prose."""
    if isinstance(value, str):
        value = value.strip()
        if not _NUMBER.fullmatch(value):
            return _mark_of_name(value, unknown_names, place)
        value = int(value)
    elif isinstance(value, Decimal) and value == value.to_integral_value():
        value = int(value)
    if not is_integer(value):
        return None
    return _mark_of_number(value, place)


def _mark_of_number(code: int, place: str) -> _ErrorCode | None:
    return None if code in _OK else _ErrorCode(code, known=contract.CODES.get(code), place=place)


def _mark_of_name(text: str, unknown_names: re.Pattern[str], place: str) -> _ErrorCode | None:
    known = _BY_NAME.get(re.sub(r"[\s-]+", "_", text.rstrip(".!")).upper())
    if known is not None:
        return _ErrorCode(known=known, place=place)
    if unknown_names.fullmatch(text) and text.upper() not in _OK_NAMES:
        return _ErrorCode(name=text, place=place)
    return None


def _in_text(text: object, place: str) -> _ErrorCode | None:
    if not isinstance(text, str):
        return None
    if found := _NAME_IN_TEXT.search(text):
        return _ErrorCode(known=_BY_NAME[found[0]], place=place)
    for found in _NUMBER_IN_TEXT.finditer(text):
        (number,) = filter(None, found.groups())
        mark = _mark_of_number(int(number), place)
        # A number nobody knows needs the word "code" or "error" before it.
        if mark is not None and (mark.known is not None or found["said"]):
            return mark
    return None


def _words(value: object, depth: int = _MAX_TEXT_DEPTH) -> str | None:
    """What an error body says in words: of a list all, joined. None for nothing.

    Only fields made for words are read: beside them, validators repeat what was sent, passwords included.
    """
    if isinstance(value, str):
        return value or None
    if value is None or isinstance(value, bool) or depth == 0:
        return None
    if isinstance(value, list):
        parts = [_words(item, depth - 1) for item in cast("list[object]", value)]
        return "; ".join(part for part in parts if part) or None
    if isinstance(value, dict):
        fields = cast("dict[str, object]", value)
        parts = [_words(fields.get(name), depth - 1) for name in _TEXT_FIELDS]
        return next((part for part in parts if part), None)
    return str(value)


def _json_type(value: object) -> str:
    if isinstance(value, list):
        return "array"
    if isinstance(value, str):
        return "string"
    return "null" if value is None else "boolean" if isinstance(value, bool) else "number"


def _redirect(answer: Response) -> str | None:
    if answer.http_status not in _HTTP_REDIRECT:
        return None
    to = next((value for name, value in answer.headers if name.lower() == b"location"), b"nowhere")
    return f"a redirect to {to.decode('latin-1')}, which is not followed: the token goes to no other address"


def _unreadable(answer: Response, reason: str, *, not_the_api: bool = False) -> InvalidResponse:
    """Whether the next try may go better: after a proxy's page or an answer cut short, but no other shape."""
    status = answer.http_status
    passing = (
        status in _HTTP_SERVER_ERROR
        or (answer.fault is not None and not answer.may_be_running)
        or (not_the_api and (status in _HTTP_SUCCESS or status == HTTPStatus.TOO_MANY_REQUESTS))
    )
    return InvalidResponse(reason, "reads" if passing else "never")
