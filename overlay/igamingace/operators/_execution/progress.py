"""A progress bar for runs over many accounts; needs rich, of the extra `cli`."""

from __future__ import annotations

import importlib
from contextlib import aclosing, closing, contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from igamingace._common.extras import install_hint

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Generator
    from contextlib import AbstractContextManager

    from igamingace.operators._execution.results import Result

__all__ = ["progress_bar", "with_bar", "with_bar_async"]

T = TypeVar("T")


def progress_bar(total: int) -> AbstractContextManager[Callable[[Result[Any]], None]]:
    """Return a progress bar on standard error; the function that its block receives takes each result.

    Raises:
        ImportError: rich is not installed.
    """
    try:
        importlib.import_module("rich.progress")
    except ModuleNotFoundError as error:
        raise ImportError(f"progress=True needs rich: {install_hint('cli')}") from error
    return _bar(total)


def with_bar(
    results: Generator[Result[T], None, None], bar: AbstractContextManager[Callable[[Result[T]], None]]
) -> Generator[Result[T], None, None]:
    """Yield the results, and advance the bar with each."""
    with bar as advance, closing(results):
        for result in results:
            advance(result)
            yield result


async def with_bar_async(
    batches: AsyncGenerator[list[Result[T]], None], bar: AbstractContextManager[Callable[[Result[T]], None]]
) -> AsyncGenerator[list[Result[T]], None]:
    """Yield the batches of results, and advance the bar with each result."""
    with bar as advance:
        async with aclosing(batches):
            async for batch in batches:
                for result in batch:
                    advance(result)
                yield batch


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
