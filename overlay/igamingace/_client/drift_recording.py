"""Records in the drift log how an answer, its code and its HTTP status differ from the contract."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from igamingace_bindings import contract

from igamingace._client.response import ErrorResponse
from igamingace._common.secret import Secret

if TYPE_CHECKING:
    from igamingace.drift import DriftLog, Kind

__all__ = ["SUCCESS", "FieldDifference", "record_fields", "record_status"]

SUCCESS: Final = int(HTTPStatus.OK)  # an int: to compare with the enum takes ten times as long
# No page says under which HTTP status a code comes, or a success.
_STANDING_OF_STATUS: Final = "assumed"


class FieldDifference(NamedTuple):
    """A difference of a field, as the reading code tells it."""

    place: str
    kind: Kind
    standing: str | None
    expected: str | None
    came: str | None
    value: int | None


def record_fields(
    log: DriftLog, operation: str, differences: Mapping[FieldDifference, int], arguments: Secret[object]
) -> None:
    """Record the differences of one answer, each with its count.

    Args:
        log: where to.
        operation: the operation's name.
        differences: what the reading code saw; a standing of None is that of the operation.
        arguments: those of the call. A server may answer with a map by player: its names are arguments.
    """
    private = _Texts(arguments)
    for difference, count in differences.items():
        log.record(
            operation=operation,
            direction="answer",
            place=difference.place,
            kind=difference.kind,
            standing=difference.standing or _standing_of(operation),
            expected=difference.expected,
            came=difference.came,
            value=difference.value,
            count=count,
            is_private=private.has if difference.kind == "unknown field" else None,
        )


def record_status(
    log: DriftLog, operation: str, verdict: Mapping[str, Any] | ErrorResponse, http_status: int
) -> None:
    """Record a code that the contract does not list, and an HTTP status other than that of the code."""
    if not isinstance(verdict, ErrorResponse):
        expected = SUCCESS
    elif verdict.code is not None and verdict.code in contract.CODES:
        expected = contract.CODES[verdict.code].http_status
    else:
        log.record(
            operation=operation,
            direction="answer",
            place=verdict.place,
            kind="unknown code",
            standing=_standing_of(operation),
            value=verdict.code,
        )
        return
    if http_status != expected:
        log.record(
            operation=operation,
            direction="answer",
            place="",
            kind="other status",
            standing=_STANDING_OF_STATUS,
            expected=str(expected),
            value=http_status,
        )


def _standing_of(operation: str) -> str:
    """How well an operation is known; one that is not the contract's is nobody's knowledge."""
    known = contract.OPERATIONS.get(operation)
    return "assumed" if known is None else known.standing


class _Texts:
    """The texts in the arguments of a call, looked for when the first is asked for: differences are rare."""

    def __init__(self, arguments: Secret[object]) -> None:
        self._arguments = arguments
        self._texts: frozenset[str] | None = None

    def has(self, name: str) -> bool:
        """Whether one of the arguments is this text, in any case."""
        if self._texts is None:
            self._texts = frozenset(text.casefold() for text in _texts_in(self._arguments.reveal()))
        return name.casefold() in self._texts


def _texts_in(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Secret):
        yield from _texts_in(cast("Secret[object]", value).reveal())
    elif isinstance(value, Mapping):
        yield from _texts_in(cast("Mapping[object, object]", value).values())
    elif isinstance(value, Iterable):
        for each in cast("Iterable[object]", value):
            yield from _texts_in(each)
