"""What the bindings read one answer with: time zone, strictness, and a count of the differences found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from igamingace._client.drift_recording import FieldDifference
from igamingace.errors import UnexpectedField

if TYPE_CHECKING:
    from datetime import timezone, tzinfo

    from igamingace.drift import Kind

_DOCUMENTED = "documented"


class AnswerReader:
    """The reader of one answer, and the zones of its call's arguments.

    Models keep it where an attribute is empty. So it holds nothing of the answer but names, and pickles.

    Attributes:
        strict: whether an answer that differs is refused as a whole.
        differences: how often each difference occurred, in the order in which they came.
    """

    __slots__ = ("_operation", "_time_zone", "differences", "strict")

    def __init__(self, operation: str, time_zone: tzinfo | None = None, *, strict: bool = False) -> None:
        """Take the operation, the zone of times whose zone is not documented, and whether to be strict."""
        self._operation = operation
        self._time_zone = time_zone
        self.strict = strict
        self.differences: dict[FieldDifference, int] = {}

    def zone(self, offset: timezone, standing: str, /) -> tzinfo:
        """The zone of a field's times: the user's, unless it is documented."""
        return offset if self._time_zone is None or standing == _DOCUMENTED else self._time_zone

    def differs(  # noqa: PLR0917 -- the bindings call it so
        self,
        place: str,
        kind: Kind,
        standing: str | None,
        expected: str | None,
        came: str | None,
        value: int | None = None,
        /,
    ) -> None:
        """Count a difference; it is handed on when the whole answer has been read."""
        difference = FieldDifference(place, kind, standing, expected, came, value)
        self.differences[difference] = self.differences.get(difference, 0) + 1

    def unexpected_field(self, place: str, expected: str, came: str | None, /) -> UnexpectedField:
        """The error of using an attribute whose value is missing or cannot be read."""
        return UnexpectedField(operation=self._operation, place=place, expected=expected, came=came)

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle without the differences: they were handed on."""
        return _restored, (self._operation, self._time_zone, self.strict)


def _restored(operation: str, time_zone: tzinfo | None, strict: bool) -> AnswerReader:  # noqa: FBT001 -- pickle
    return AnswerReader(operation, time_zone, strict=strict)
