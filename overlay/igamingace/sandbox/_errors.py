"""The sandbox's error: a response code of the contract, with a message for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence


Headers: TypeAlias = tuple[tuple[bytes, bytes], ...]

_MAX_NAMED = 40


class SandboxError(Exception):
    """A request is refused with a response code of the contract.

    Attributes:
        name: The code's name in `x-response-codes`; an unknown name is a bug in the handler.
        message: For people: what is wrong, and where.
        status: HTTP status when HTTP itself says which (404, 405, 406, 413, 415); else the code's own.
        headers: Header fields that HTTP wants with that status.
    """

    def __init__(self, name: str, message: str, *, status: int | None = None, headers: Headers = ()) -> None:
        super().__init__(f"{name}: {message}")
        self.name = name
        self.message = message
        self.status = status
        self.headers = headers


def validation_error(violations: Sequence[str], status: int | None = None) -> SandboxError:
    """Return the refusal that names all `violations` (the first forty, if there are more)."""
    texts = list(violations[:_MAX_NAMED])
    if len(violations) > _MAX_NAMED:
        texts.append(f"and {len(violations) - _MAX_NAMED} more")
    return SandboxError("VALIDATION_ERROR", "; ".join(texts), status=status)
