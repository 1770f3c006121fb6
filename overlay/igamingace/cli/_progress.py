"""The progress bar of commands that take minutes."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Generator


class Update(Protocol):
    """Changes what a bar shows."""

    def __call__(
        self, *, total: float | None = None, completed: float | None = None, advance: float | None = None
    ) -> object:
        """Set how many there are and how many are done, or add to the latter; None leaves it as it is."""
        ...


@contextmanager
def progress_bar(
    unit: str, *, as_json: bool, total: int | None = None, speed_period: float = 30
) -> Generator[Update]:
    """Show a bar on standard error while the block runs, where that is a terminal and nothing reads JSON.

    Args:
        unit: what is counted, in the plural.
        as_json: whether the command prints JSON.
        total: how many there are; None: not known yet.
        speed_period: the time left goes by the speed of the last so many seconds.
    """
    if as_json or not sys.stderr.isatty():
        yield _show_nothing
        return
    from rich.console import Console  # noqa: PLC0415 -- not for --help
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn  # noqa: PLC0415 -- as above

    columns = (BarColumn(), MofNCompleteColumn(), unit, TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), speed_estimate_period=speed_period) as bar:
        yield partial(bar.update, bar.add_task(unit, total=total))


def _show_nothing(
    *, total: float | None = None, completed: float | None = None, advance: float | None = None
) -> None:
    """Leave standard error alone."""
