"""Checks of the header fields that the contract requires: Accept, Content-Type and others."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from igamingace.sandbox.contract.document import Node

_QUALITY: Final = re.compile(r"0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?")
_UTF8 = {"charset=utf-8", 'charset="utf-8"'}


class RequiredHeaders:
    """The fields that `x-required-headers` asks for with every request, Authorization aside."""

    def __init__(self, contract: Node) -> None:
        extension = contract.get("x-required-headers")
        entries: Sequence[Mapping[str, str]] = extension.value if extension is not None else []
        self._wanted = [
            (entry["name"], entry["name"].lower().encode(), entry.get("value", ""))
            for entry in entries
            if entry["name"].lower() != "authorization"
        ]

    def violations(self, fields: Mapping[bytes, bytes]) -> tuple[list[str], int | None]:
        """Return what is wrong with the fields, and the status that HTTP has for it: 406, 415 or none."""
        wrong: list[str] = []
        status: int | None = None
        for name, key, value in self._wanted:
            given = fields.get(key)
            problem, of_problem = _check(key, value, given)
            if problem:
                wrong.append(f"header.{name}: {problem}")
                status = status or of_problem
        return wrong, status


def _check(key: bytes, value: str, given: bytes | None) -> tuple[str, int | None]:
    if key == b"accept":
        problem = "is required and must admit" if given is None else "must admit"
        return ("", None) if given is not None and admits(given, value) else (f"{problem} {value}", 406)
    if key == b"content-type":
        problem = "is required and must be" if given is None else "must be"
        return (
            ("", None) if given is not None and is_media_type(given, value) else (f"{problem} {value}", 415)
        )
    return ("", None) if given is not None else ("is required", None)


@lru_cache(maxsize=256)
def is_media_type(given: bytes, wanted: str) -> bool:
    """Tell whether a Content-Type names `wanted`, in UTF-8 if it names a charset."""
    essence, *parameters = (part.strip().lower() for part in given.decode("latin-1").split(";"))
    return essence == wanted and all(
        not parameter.startswith("charset") or parameter in _UTF8 for parameter in parameters
    )


@lru_cache(maxsize=256)
def admits(accept: bytes, media_type: str) -> bool:
    """Tell whether an Accept field admits `media_type`: the most specific range that matches decides."""
    main = media_type.partition("/")[0]
    ranks = {"*/*": 1, f"{main}/*": 2, media_type: 3}
    best, admitted = 0, False
    for part in accept.decode("latin-1").lower().split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        rank = ranks.get(name, 0)
        if rank > best:
            best, admitted = rank, _quality(parameters) > 0
    return bool(best) and admitted


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            return float(value) if _QUALITY.fullmatch(value.strip()) else 0.0
    return 1.0
