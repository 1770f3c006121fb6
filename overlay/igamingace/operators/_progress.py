"""A bar that shows how far a run over many agents is; needs rich, of the extra `cli`."""

from __future__ import annotations

import importlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from contextlib import AbstractContextManager

    from igamingace.operators._results import Result

__all__ = ["bar_of"]


def bar_of(total: int) -> AbstractContextManager[Callable[[Result[Any]], None]]:
    """A bar, drawn on standard error while its block lasts, which takes each of `total` results.

    Raises:
        ImportError: rich is not installed.
    """
    try:
        importlib.import_module("rich.progress")
    except ModuleNotFoundError as error:
        raise ImportError("progress=True needs rich: pip install 'igamingace[cli]'") from error
    return _bar(total)


@contextmanager
def _bar(total: int) -> Generator[Callable[[Result[Any]], None]]:
    from rich.console import Console  # noqa: PLC0415 -- an extra
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn  # noqa: PLC0415 -- as above

    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[failed]} failed"))
    failed = 0
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("agents", total=total, failed=0)

        def advance(result: Result[Any]) -> None:
            nonlocal failed
            failed += not result.ok
            progress.update(task, advance=1, failed=failed)

        yield advance
