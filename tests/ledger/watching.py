"""Lets a test see what the driver executes, and strike after it."""

import sqlite3

import psycopg
from sqlalchemy import event


def watch(engine, after):
    """Call `after` with each statement that a driver has executed, on connections made from now on.

    A commit by the connection's method is the statement COMMIT.
    """

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

        def commit(self):
            super().commit()
            after("COMMIT")

    class PostgreSQLCursor(Watched, psycopg.Cursor):  # type: ignore[misc]
        pass

    ours = {"sqlite": {"factory": SQLiteConnection}, "postgresql": {"cursor_factory": PostgreSQLCursor}}

    def connected(connection, record):
        commit = connection.commit

        def watched():
            commit()
            after("COMMIT")

        if engine.dialect.name == "postgresql":
            connection.commit = watched

    def connecting(dialect, record, positional, named):
        named.update(ours[dialect.name])

    event.listen(engine, "do_connect", connecting)
    event.listen(engine, "connect", connected)
    engine.dispose()
