"""What a traceback with local variables shows of an error and of all that it came from."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def error_chain(error: BaseException) -> Iterator[traceback.TracebackException]:
    """Yield the error, then its cause or context and so on, each with the local variables of its frames."""
    shown: traceback.TracebackException | None
    shown = traceback.TracebackException.from_exception(error, capture_locals=True)
    while shown is not None:
        yield shown
        shown = shown.__cause__ or shown.__context__


def shown_outside(file: str, error: BaseException) -> str:
    """The error, its attributes, and the local variables of every frame but those of a test's file."""
    frames = [frame for shown in error_chain(error) for frame in shown.stack if frame.filename != file]
    return "\n".join([repr(error), repr(vars(error)), *(repr(frame.locals) for frame in frames)])
