"""Requests beyond the contract: `agent.request`, and `extra_query` and `extra_body` of `with_options`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

from igamingace_bindings.rest.client import Operation, Request
from igamingace_bindings.scalars import is_in_range

from igamingace._common import json as exact_json
from igamingace._common.masking import masked_repr
from igamingace._common.secret import Secret
from igamingace.errors import InvalidArgument

if TYPE_CHECKING:
    from collections.abc import Sequence

QueryValue: TypeAlias = str | int | Decimal | None
"""What a query parameter may be; None leaves it out."""

METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")

# A placeholder, not the path: instrumentation shows it, and a path may hold the id of a player.
_ANY_PATH: Final = "/{path}"
# The characters of a path (RFC 3986). No `//` at the start: readers of URLs take that for a host.
_PATH: Final = re.compile(r"/(?!/)(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/]|%[0-9A-Fa-f]{2})*")
_DOT_SEGMENT: Final = re.compile(r"/(?:\.|%2e){1,2}(?:/|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class CustomOperation(Operation[Any]):
    """An operation that the contract does not know, whose request is made."""

    prepared: Request = field(default_factory=lambda: Request(""), repr=False)

    def request(self, _arguments: Mapping[str, object], _zones: object, /) -> Request:
        """The request; there are no arguments."""
        return self.prepared

    def read(self, envelope: Mapping[str, Any], _reader: object, /) -> object:
        """The data as it came, None without any."""
        return envelope.get("data")


def custom_request(
    method: object, path: object, query: object, json: Secret[object]
) -> tuple[CustomOperation, Mapping[str, object]]:
    """The operation of `agent.request` and its arguments; its data is untyped, None without any.

    Raises:
        InvalidArgument: an argument cannot be sent, or the path would leave the API's address.
    """
    name = method.upper() if isinstance(method, str) else ""
    if name not in METHODS:
        raise InvalidArgument(f"method is {masked_repr(method)}: give one of {', '.join(METHODS)}")
    if not isinstance(path, str) or not path.startswith("/"):
        raise InvalidArgument(f"path is {masked_repr(path)}: give the path from its slash on, such as /v1/x")
    if not _PATH.fullmatch(path) or _DOT_SEGMENT.search(path):
        raise InvalidArgument(
            f"path is {masked_repr(path)}: give it percent-encoded, without // at its start, '.' or '..' as "
            "a segment, '?' or '#'; the query goes into query="
        )
    if json.reveal() is not None and name == "GET":
        raise InvalidArgument("a GET sends no body: leave json= out, and use query=")
    parameters = None if query is None else checked_query("query", query)
    body = None if json.reveal() is None else checked_body("json", json)
    request = Request(path, parameters, None if body is None else body.reveal())
    return CustomOperation("request", name, _ANY_PATH, prepared=request), {}


def checked_query(argument: str, query: object) -> dict[str, str]:
    """The texts of query parameters; those that are None are left out.

    Raises:
        InvalidArgument: it is no mapping of names to texts, numbers and booleans.
    """
    if not isinstance(query, Mapping):
        raise InvalidArgument(f"{argument} is a {_type(query)}: give a mapping of names to values")
    texts: dict[str, str] = {}
    for name, value in cast("Mapping[object, object]", query).items():
        if not isinstance(name, str) or not name:
            raise InvalidArgument(f"{argument} has a name that is no text, or empty")
        if value is not None:
            texts[name] = _query_text(f"{argument}[{masked_repr(name)}]", value)
    return texts


def _query_text(place: str, value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Decimal):
        number = Decimal(value)
        if is_in_range(number):
            return format(number, "f")
    raise InvalidArgument(f"{place} is a {_type(value)}: give a text, an int, a finite Decimal or a boolean")


def checked_body(argument: str, body: Secret[object]) -> Secret[dict[str, Any]]:
    """A copy of a JSON object, so that it stays as it was checked; sealed, since it may hold a password.

    Raises:
        InvalidArgument: it is no mapping, or holds what has no exact JSON form (a float, say).
    """
    if not isinstance(body.reveal(), Mapping):
        kind = _type(body.reveal())
        raise InvalidArgument(f"{argument} is a {kind}: give a mapping, which becomes a JSON object")
    try:
        fields = Secret(_json_copy(argument, cast("Mapping[object, object]", body.reveal())))
        exact_json.encode_request(fields)
    except InvalidArgument as error:
        invalid = error.with_traceback(None)  # whose frames show the values
    except RecursionError:
        invalid = InvalidArgument(f"{argument} is nested too deeply, or holds itself")
    else:
        return fields
    raise invalid


def _json_copy(place: str, fields: Mapping[object, object]) -> dict[str, Any]:
    copy: dict[str, Any] = {}
    for name, value in fields.items():
        if not isinstance(name, str):
            raise InvalidArgument(f"{place} has a name that is no text")
        copy[name] = _json_value(f"{place}[{masked_repr(name)}]", value)
    return copy


def _json_value(place: str, value: object) -> object:
    if isinstance(value, Mapping):
        return _json_copy(place, cast("Mapping[object, object]", value))
    if isinstance(value, list | tuple):
        items = enumerate(cast("Sequence[object]", value))
        return [_json_value(f"{place}[{index}]", item) for index, item in items]
    if isinstance(value, Decimal) and not value.is_finite():
        raise InvalidArgument(f"{place} is {value}: only finite numbers can be sent")
    if value is None or isinstance(value, str | int | Decimal):
        return value
    raise InvalidArgument(f"{place} is a {_type(value)}: give a text, an int, a Decimal, a boolean or None")


def extended(
    request: Request,
    operation: Operation[Any],
    query: Mapping[str, str] | None,
    body: Secret[dict[str, Any]] | None,
) -> Request:
    """The request with `extra_query` and `extra_body` in it.

    Raises:
        InvalidArgument: `extra_body` is given for a GET.
    """
    if query:
        request = replace(request, query={**(request.query or {}), **query})
    if body is not None and body.reveal():
        if operation.method == "GET":
            raise InvalidArgument(
                f"extra_body is given for {operation.operation_id}, which sends no body: use extra_query"
            )
        request = replace(request, body={**(request.body or {}), **body.reveal()})
    return request


def _type(value: object) -> str:
    return type(value).__name__
