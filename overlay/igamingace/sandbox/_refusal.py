"""Refusals by the name of their response code, and violations by their place in the request."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

    import jsonschema_rs

    from igamingace.sandbox._document import Validator
    from igamingace.sandbox._json import JSON

Headers: TypeAlias = tuple[tuple[bytes, bytes], ...]

_MOST_NAMED = 40
_LONGEST_MESSAGE = 300


class Refusal(Exception):  # noqa: N818 - an answer of the API, not an error of ours
    """The request is refused with a response code of the contract.

    Attributes:
        name: The code's name in `x-response-codes`; a name that is not there is a mistake of the handler.
        message: For people: what is wrong, and where.
        status: HTTP status when HTTP itself says which (404, 405, 406, 413, 415); else the code's own.
        headers: Header fields that HTTP wants with that status.
    """

    def __init__(self, name: str, message: str, *, status: int | None = None, headers: Headers = ()) -> None:
        """Refuse with the code called `name`."""
        super().__init__(f"{name}: {message}")
        self.name = name
        self.message = message
        self.status = status
        self.headers = headers


def refuse_violations(violations: Sequence[str], status: int | None = None) -> Refusal:
    """Return the refusal that names all `violations` (the first forty, if there are more)."""
    named = list(violations[:_MOST_NAMED])
    if len(violations) > _MOST_NAMED:
        named.append(f"and {len(violations) - _MOST_NAMED} more")
    return Refusal("VALIDATION_ERROR", "; ".join(named), status=status)


def violations(validator: Validator, instance: JSON, place: str) -> list[str]:
    """Return what is wrong with `instance`, each as `place.of.it: what`; empty when nothing is."""
    try:
        if validator.is_valid(instance):
            return []
        return [text for error in validator.iter_errors(instance) for text in _texts(error, place)]
    except ValueError:  # the validator's own limit of recursion, lower than that of the parser
        return [f"{place}: nested too deeply"]


def _texts(error: jsonschema_rs.ValidationError, place: str) -> list[str]:
    path = place + "".join(
        f"[{key}]" if isinstance(key, int) else f".{_short(key)}" for key in error.instance_path
    )
    kind = error.kind.as_dict()
    if error.kind.name == "required":
        return [f"{path}.{kind['property']}: is required"]
    if error.kind.name in {"additionalProperties", "unevaluatedProperties"}:
        return [f"{path}.{_short(name)}: is not known here" for name in kind["unexpected"]]
    return [f"{path}: {_short(error.message)}"]


def _short(text: str) -> str:
    """Leave out the middle of what is too long: a message begins with the value, and ends with its reason."""
    if len(text) <= _LONGEST_MESSAGE:
        return text
    half = _LONGEST_MESSAGE // 2
    return f"{text[:half]}…{text[-half:]}"
