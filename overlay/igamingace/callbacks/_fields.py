"""Reads the fields of a callback in any spelling that loses nothing, and notes each difference.

The types of values, and which spellings are lossless, are those of answers: `igamingace_bindings.scalars`.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, NamedTuple, get_args

from igamingace_bindings.contract import CALLBACKS, FieldInfo
from igamingace_bindings.scalars import (
    BOOLEAN,
    INTEGER,
    MAX_ID,
    NUMBER,
    STRING,
    OpaqueId,
    json_type,
    parse_number,
)
from pydantic import AwareDatetime

from igamingace.callbacks._json import OutOfRange, parse_literal, to_datetime
from igamingace.callbacks._models import Cancel, assign_ids

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from igamingace_bindings.contract import Standing
    from igamingace_bindings.scalars import Scalar

    from igamingace.callbacks._json import Value
    from igamingace.callbacks._models import Callback
    from igamingace.drift import Kind

_ID: Final = OpaqueId(number=True)
_SCALARS: Final[Mapping[str, Scalar[Any]]] = {
    "id": _ID,
    "integer": INTEGER,
    "number": NUMBER,
    "boolean": BOOLEAN,
    "string": STRING,
}
_DECIDING: Final = frozenset({"transactionId", "referenceId", "currency"})
"""Fields that some callbacks do without, but that must be readable where they are there: they decide which
change of a balance it is, and of whose money."""
_COMMAND: Final = "command"
_set: Final = object.__setattr__


class FieldDifference(NamedTuple):
    """A field that is not as the contract states it.

    Attributes:
        name: the field.
        kind: what differs.
        standing: how well the contract knows the field.
        expected: the type that it states.
        came: the JSON type that came.
    """

    name: str
    kind: Kind
    standing: Standing
    expected: str | None = None
    came: str | None = None


class CommandReader:
    """Reads the bodies of one command."""

    def __init__(self, command: str, model: type[Callback]) -> None:
        names = {field.alias or name: name for name, field in model.model_fields.items()}
        fields = [
            _Field(info, is_time=AwareDatetime in get_args(model.model_fields[names[info.name]].annotation))
            for info in CALLBACKS[command].fields
            if info.name != _COMMAND
        ]
        self._model: Final = model
        self._attributes: Final = frozenset(model.model_fields)
        self._fields: Final = {field.info.name: field for field in fields}
        self._command: Final = {_COMMAND: command}
        self._validate: Final = model.__pydantic_validator__.validate_python
        # What `read_documented` goes through.
        required = [(names[field.info.name], field) for field in fields if field.info.required]
        self._empty: Final[dict[str, Any]] = {**dict.fromkeys(names.values()), **self._command}
        self._given: Final = {_COMMAND, *(attribute for attribute, _ in required)}
        self._ids: Final = [
            (field.info.name, attribute) for attribute, field in required if field.scalar is _ID
        ]
        self._others: Final = [
            (
                field.info.name,
                attribute,
                bytes if field.convert is not None else field.scalar.exact,
                field.convert,
                field.allows,
            )
            for attribute, field in required
            if field.scalar is not _ID
        ]

    def read_documented(self, fields: Mapping[str, Value]) -> Callback | None:
        """Return the callback of a body as the pages document it; None for any other.

        It takes a third of the time of `read_tolerantly`.
        """
        if len(fields) != len(self._given):
            return None
        try:
            return self._documented(fields, {**self._empty})
        except (KeyError, ValueError, ArithmeticError):
            return None

    def _documented(self, fields: Mapping[str, Value], values: dict[str, Any]) -> Callback:
        for name, attribute in self._ids:
            value = fields[name]
            if isinstance(value, bytes) and value.isdigit() and len(value) <= MAX_ID:
                values[attribute] = value.decode()
            elif isinstance(value, str):
                values[attribute] = _ID.read(value)
            else:
                raise ValueError
        for name, attribute, exact, convert, allows in self._others:
            value = fields[name]
            if value.__class__ is not exact:
                raise ValueError
            result: Any = value if convert is None else convert(value)
            if allows is not None and not allows(result):
                raise ValueError
            values[attribute] = result
        if self._model is Cancel:
            assign_ids(values)
        return self._built(values)

    def _built(self, values: dict[str, Any]) -> Callback:
        """Return a model of values that were checked: it sets what pydantic sets, and validates nothing.

        With pydantic's validation, `parse` is slower than svix's `verify` and `json.loads`
        (tests/benchmarks/callbacks); tests/callbacks/test_pydantic.py compares the two.
        """
        model: Any = self._model
        callback: Callback = model.__new__(model)
        _set(callback, "__dict__", values)
        _set(callback, "__pydantic_fields_set__", self._given.copy())
        _set(callback, "__pydantic_extra__", {})
        _set(callback, "__pydantic_private__", None)
        return callback

    def read_tolerantly(
        self, fields: Mapping[str, Value], problems: list[str], differences: list[FieldDifference]
    ) -> Callback | None:
        """Return the callback of a body in any spelling that loses nothing; None if there are problems.

        A field that decides about money and cannot be read is a problem; any other is None. Problems and
        differences are added to the lists.
        """
        values = self._values(fields, problems, differences)
        return None if problems else self._validate(values, strict=True)

    def _values(
        self, fields: Mapping[str, Value], problems: list[str], differences: list[FieldDifference]
    ) -> dict[str, object]:
        values: dict[str, object] = {}
        for name, raw in fields.items():
            value = parse_literal(raw) if isinstance(raw, bytes) else raw
            field = self._fields.get(name)
            if field is not None:
                values[name] = field.read(value, problems, differences)
            elif name != _COMMAND:
                differences.append(FieldDifference(name, "unknown field", "documented"))
                if name not in self._attributes:  # `round_id` is no spelling of `roundId`
                    values[name] = value.literal if isinstance(value, OutOfRange) else value
        for name, field in self._fields.items():
            if name not in fields and field.info.required:
                differences.append(FieldDifference(name, "missing", field.info.standing))
                if field.info.needed:
                    problems.append(f"{name}: missing")
        if "referenceId" in self._fields and not (values.get("referenceId") or values.get("transactionId")):
            problems.append("transactionId: missing, and referenceId too")
        return {**values, **self._command}


class _Field:
    """A field of a callback.

    Attributes:
        info: what the contract states about it.
        scalar: its type.
        convert: what turns its literal into its value; None where that is not a number.
        allows: tells whether the contract allows a value of that type; None where it allows all.
    """

    def __init__(self, info: FieldInfo, *, is_time: bool) -> None:
        self.info: Final = info
        self.scalar: Final = _SCALARS[info.type]
        self.convert: Final[Callable[[Any], Any] | None] = (
            to_datetime if is_time else _CONVERTERS.get(info.type)
        )
        self._is_time: Final = is_time
        self.allows: Final = None if is_time else _constraint(info)

    def read(self, value: object, problems: list[str], differences: list[FieldDifference]) -> object:
        """Return the value in any lossless spelling; None for one that is not there or cannot be read."""
        info, scalar = self.info, self.scalar
        came = "number" if isinstance(value, OutOfRange) else json_type(value)
        try:
            result, is_usual = self._spelled(value)
        except (ValueError, ArithmeticError):
            differences.append(FieldDifference(info.name, "other type", info.standing, scalar.name, came))
            is_there = value is not None and value != ""
            if info.needed or (is_there and info.name in _DECIDING):
                is_declared = isinstance(value, OutOfRange) or scalar.declares(value)
                reason = "out of range or invalid" if is_declared else f"{came} instead of {scalar.name}"
                problems.append(f"{info.name}: {reason}")
            return None
        if not is_usual:
            differences.append(FieldDifference(info.name, "other spelling", info.standing, scalar.name, came))
        return result

    def _spelled(self, value: object) -> tuple[object, bool]:
        """Return the value, and whether it is spelled as the contract states; ValueError if there is none."""
        result: Any
        if self.scalar is STRING:
            # `5` and `"5"` are the same to the signature, and a player's id may come as either.
            result = _ID.read(value) if isinstance(value, int) else STRING.read(value)
            if self.allows is not None and not self.allows(result):
                result = result.upper()
            is_usual = result == value
        else:
            result = self.scalar.read(value)
            is_usual = self.scalar.declares(value)
        if self.allows is not None and not self.allows(result):
            raise ValueError
        return to_datetime(result) if self._is_time else result, is_usual


def _constraint(info: FieldInfo) -> Callable[[Any], object] | None:
    """Return what tells whether the contract allows a value of the right type; None where it allows all."""
    if info.pattern is not None and info.type == "string":
        return re.compile(info.pattern).fullmatch
    if info.type == "string" and info.needed:
        return bool  # not empty
    if info.type == "integer" and info.minimum is not None and info.maximum is not None:
        return range(info.minimum, info.maximum + 1).__contains__
    if info.type == "number" and info.minimum is not None:
        return Decimal(info.minimum).__le__
    return None


_CONVERTERS: Final[Mapping[str, Callable[[Any], object]]] = {"integer": int, "number": parse_number}
