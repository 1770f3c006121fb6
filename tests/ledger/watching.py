"""Lets a test see what the driver executes, and strike after it."""

import sqlite3

import psycopg
from sqlalchemy import event


def watch(engine, after):
    """Call `after` with each statement that a driver has executed, on connections made from now on."""

    class Watched:
        def execute(self, statement, *values, **options):
            done = super().execute(statement, *values, **options)  # type: ignore[misc]
            after(statement)
            return done

    class SQLiteCursor(Watched, sqlite3.Cursor):
        pass

    class SQLiteConnection(sqlite3.Connection):
        def cursor(self):  # type: ignore[override]
            return super().cursor(SQLiteCursor)

    class PostgreSQLCursor(Watched, psycopg.Cursor):  # type: ignore[misc]
        pass

    ours = {"sqlite": {"factory": SQLiteConnection}, "postgresql": {"cursor_factory": PostgreSQLCursor}}

    def connecting(dialect, record, positional, named):
        named.update(ours[dialect.name])

    event.listen(engine, "do_connect", connecting)
    engine.dispose()
