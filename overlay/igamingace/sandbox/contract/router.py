"""Finds the operations at a request's path."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, TypeVar
from urllib.parse import unquote_to_bytes

from igamingace.sandbox.contract.document import ContractError

T = TypeVar("T")


@dataclass(slots=True)
class _Branch(Generic[T]):
    children: dict[str, _Branch[T]] = field(default_factory=dict[str, "_Branch[T]"])
    any_segment: _Branch[T] | None = None
    leaf: tuple[T, tuple[str, ...]] | None = None


class Router(Generic[T]):
    """Finds what was added under a path template; a literal segment wins over a parameter."""

    def __init__(self) -> None:
        self._root: _Branch[T] = _Branch()
        self._literal: dict[bytes, T] = {}

    def add(self, template: str, leaf: T) -> None:
        """Put `leaf` under `template`, for example `/v1/game/list/{providerId}`.

        Raises:
            ContractError: the template is taken, does not start with a slash, or has a parameter that is only
                a part of its segment.
        """
        if not template.startswith("/"):
            raise ContractError(f"contract /paths: {template!r} must start with a slash")
        branch, names = self._root, list[str]()
        for segment in template[1:].split("/"):
            if segment.startswith("{") and segment.endswith("}"):
                names.append(segment[1:-1])
                if branch.any_segment is None:
                    branch.any_segment = _Branch()
                branch = branch.any_segment
            elif "{" in segment:
                raise ContractError(f"contract /paths: {template!r}: a parameter must be a whole segment")
            else:
                branch = branch.children.setdefault(segment, _Branch())
        if branch.leaf is not None:
            raise ContractError(f"contract /paths: {template!r}: another path has the same shape")
        branch.leaf = (leaf, tuple(names))
        if not names:
            self._literal[template.encode()] = leaf

    def find(self, raw_path: bytes) -> tuple[T, dict[str, str]] | None:
        """Return what stands at `raw_path` (percent-encoded, without query) and its parameters, decoded.

        Bytes that are not UTF-8 become lone surrogates: see `_common.text.is_text`.
        """
        literal = self._literal.get(raw_path)
        if literal is not None:
            return literal, {}
        if not raw_path.startswith(b"/"):
            return None
        segments = [_decoded(segment) for segment in raw_path[1:].split(b"/")]
        values: list[str] = []
        found = _walk(self._root, segments, 0, values)
        if found is None:
            return None
        leaf, names = found
        return leaf, dict(zip(names, values, strict=True))


def _decoded(segment: bytes) -> str:
    raw = unquote_to_bytes(segment) if b"%" in segment else segment
    return raw.decode(errors="surrogateescape")


def _walk(
    branch: _Branch[T], segments: list[str], depth: int, values: list[str]
) -> tuple[T, tuple[str, ...]] | None:
    if depth == len(segments):
        return branch.leaf
    child = branch.children.get(segments[depth])
    found = _walk(child, segments, depth + 1, values) if child is not None else None
    if found is not None or branch.any_segment is None or not segments[depth]:
        return found
    values.append(segments[depth])
    found = _walk(branch.any_segment, segments, depth + 1, values)
    if found is None:
        values.pop()
    return found
