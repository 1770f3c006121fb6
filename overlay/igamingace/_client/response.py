"""Reads an answer: a success with its envelope, a refusal with its code, or something nobody can read.

The vendor does not document where an error's code stands. It is looked for wherever it was seen
(api-facts.md, section 1), under any HTTP status: fields made for it come before free text, known codes before
unknown ones.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, cast

from igamingace_bindings import contract

from igamingace._common import json as exact_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from igamingace._transport.base import Response

# Fields of an error body that hold nothing but a code, its number or its name.
_CODE_FIELDS: Final = ("code", "errorCode")

_HTTP_SUCCESS: Final = range(200, 300)
_HTTP_REDIRECT: Final = range(300, 400)
_HTTP_SERVER_ERROR: Final = range(500, 600)

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
        code: its number, if any was found.
        name: its name, from the contract or the answer.
        message: the text beside it.
        resend: what the contract says of sending the same request again.
        kind: what the contract says of handling it; empty for an unknown code.
    """

    code: int | None
    name: str | None = field(repr=False)  # a traceback shows the repr of local variables
    message: str = field(repr=False)
    resend: str = "never"
    kind: str = ""


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
    """What a field says of a code: its number, its name, and what the contract knows of it."""

    code: int | None = None
    name: str | None = None
    known: contract.CodeInfo | None = None


def parse_response(answer: Response) -> Mapping[str, Any] | ErrorResponse | InvalidResponse:
    """Tell what an answer is; a mapping is the envelope of a success."""
    if answer.fault is not None:
        return _unreadable(answer, answer.fault)
    if not answer.body:
        return _unreadable(answer, _redirect(answer) or "the body is empty", not_the_api=True)
    try:
        parsed = exact_json.decode_response(answer.body)
    except ValueError as error:
        reason = _redirect(answer) or f"the body is not JSON that can be read ({error})"
        return _unreadable(answer, reason, not_the_api=True)
    if not isinstance(parsed, dict):
        return _unreadable(answer, f"the body is a JSON {_json_type(parsed)}, not an object")
    envelope = cast("dict[str, Any]", parsed)
    if envelope.get("success") is True:
        return _success(answer, envelope)
    return _refusal(answer, envelope)


def _success(
    answer: Response, envelope: dict[str, Any]
) -> Mapping[str, Any] | ErrorResponse | InvalidResponse:
    message = envelope.get("message")
    if message not in _OK_NAMES or "code" in envelope or "errorCode" in envelope:
        marks = [_mark(envelope.get(field), _ANY_NAME) for field in _CODE_FIELDS]
        said = _mark(message, _CLEAR_NAME)
        mark = _best([*marks, said if said and said.known else None], answer.http_status)
        if mark is not None and mark.code not in _HTTP_SUCCESS:
            return _refused(mark, envelope)
    if answer.http_status in _HTTP_SUCCESS:
        return envelope
    return _unreadable(answer, _redirect(answer) or "a success in its body, but not in its HTTP status")


def _refusal(answer: Response, envelope: dict[str, Any]) -> ErrorResponse | InvalidResponse:
    marks = [_mark(envelope.get(field), _ANY_NAME) for field in _CODE_FIELDS]
    mark = _best([*marks, _mark(envelope.get("message"), _CLEAR_NAME)], answer.http_status)
    if mark is None or (mark.known is None and mark.code == answer.http_status):
        mark = _in_text(envelope.get("message")) or mark
    if mark is not None:
        return _refused(mark, envelope)
    if envelope.get("success") is False:
        return ErrorResponse(None, None, _text(envelope.get("message")))
    if "success" in envelope:
        return _unreadable(answer, "its `success` is neither true nor false, and no code says what happened")
    return _unreadable(answer, _redirect(answer) or "it has no `success`, and no code says what happened")


def _refused(mark: _ErrorCode, envelope: dict[str, Any]) -> ErrorResponse:
    message = _text(envelope.get("message"))
    if mark.known is None:
        return ErrorResponse(mark.code, mark.name, message)
    return ErrorResponse(mark.known.code, mark.known.name, message, mark.known.resend, mark.known.kind)


def _best(marks: list[_ErrorCode | None], http_status: int) -> _ErrorCode | None:
    """The first mark that the contract knows; else what the marks say together of an unknown code."""
    said = [mark for mark in marks if mark is not None]
    for mark in said:
        if mark.known is not None:
            return mark
    codes = [mark.code for mark in said if mark.code is not None]
    names = [mark.name for mark in said if mark.name is not None]
    if not codes and not names:
        return None
    # A number that only repeats the HTTP status is the weakest of all.
    codes.sort(key=lambda code: code == http_status)
    return _ErrorCode(codes[0] if codes else None, names[0] if names else None)


def _mark(value: object, unknown_names: re.Pattern[str]) -> _ErrorCode | None:
    """What a field says when all of it is a number or a name; None for a success, nothing or prose."""
    if isinstance(value, str):
        value = value.strip()
        if not _NUMBER.fullmatch(value):
            return _mark_of_name(value, unknown_names)
        value = int(value)
    elif isinstance(value, Decimal) and value == value.to_integral_value():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or value in _OK:
        return None
    return _ErrorCode(value, None, contract.CODES.get(value))


def _mark_of_name(text: str, unknown_names: re.Pattern[str]) -> _ErrorCode | None:
    known = _BY_NAME.get(re.sub(r"[\s-]+", "_", text.rstrip(".!")).upper())
    if known is not None:
        return _ErrorCode(known.code, known.name, known)
    if unknown_names.fullmatch(text) and text.upper() not in _OK_NAMES:
        return _ErrorCode(None, text)
    return None


def _in_text(text: object) -> _ErrorCode | None:
    if not isinstance(text, str):
        return None
    if found := _NAME_IN_TEXT.search(text):
        return _mark_of_name(found[0], _CLEAR_NAME)
    for found in _NUMBER_IN_TEXT.finditer(text):
        mark = _mark(found[found.lastgroup or 0], _CLEAR_NAME)
        # A number nobody knows needs the word "code" or "error" before it.
        if mark is not None and (mark.known is not None or found["said"]):
            return mark
    return None


def _text(message: object) -> str:
    return message if isinstance(message, str) else "" if message is None else str(message)


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
