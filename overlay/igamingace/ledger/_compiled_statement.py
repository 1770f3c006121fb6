"""Statements that SQLAlchemy compiles once and the driver executes, for a tenth of the processor time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy.engine import Dialect
    from sqlalchemy.engine.interfaces import DBAPICursor

    Writer: TypeAlias = Callable[[Any], object] | None


class CompiledStatement:
    """A statement with parameters by name. What it raises are the driver's own errors."""

    def __init__(self, statement: Any, dialect: Dialect) -> None:  # noqa: ANN401 -- any that can be compiled
        """Compile it."""
        compiled = statement.compile(dialect=dialect)
        self._sql: Final[str] = str(compiled)
        self._writers: Final[dict[str, Writer]] = {
            name: bind.type.dialect_impl(dialect).bind_processor(dialect)
            for name, bind in compiled.binds.items()
        }
        self._order: Final = self._in_order(compiled.positiontup or ())

    def execute(self, driver: Any, values: Mapping[str, object]) -> DBAPICursor:  # noqa: ANN401 -- either's
        """Execute it on the driver's connection; return the driver's cursor."""
        cursor: DBAPICursor = driver.cursor()
        cursor.execute(self._sql, self._written(values))
        return cursor

    def _in_order(self, names: Sequence[str]) -> list[tuple[str, Writer]]:
        """Return the parameters as they follow each other, where the driver takes them by position."""
        return [(name, self._writers[name]) for name in names]

    def _written(self, values: Mapping[str, object]) -> Any:  # noqa: ANN401 -- as the driver wants it
        if self._order:
            return [write(values[name]) if write else values[name] for name, write in self._order]
        return {name: write(values[name]) if write else values[name] for name, write in self._writers.items()}
