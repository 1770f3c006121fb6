"""Line numbers of tables and keys in a TOML text, which no maintained parser of Python returns."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_TOKEN: Final = re.compile(
    r'''"""(?:\\.|[^\\])*?"{3,5} | \'\'\'.*?'{3,5} | "(?:\\.|[^"\\])*" | '[^']*' '''
    r"""| \#[^\n]* | (?P<line>\n) | (?P<open>[\[{]) | (?P<close>[\]}]) | [^"'\#\[\]{}\n]+""",
    re.VERBOSE | re.DOTALL,
)
_HEADER: Final = re.compile(r"""\[\[?\s*["']?([\w-]+)""")
_KEY: Final = re.compile(r"""["']?([\w-]+)""")


class TomlPositions:
    """Line numbers of an array of tables, and of the keys in each table, in a valid TOML text.

    Keeps the line numbers only: the text may hold secrets.
    """

    def __init__(self, text: str, array: str) -> None:
        self._top: dict[str, int] = {}
        self._tables: list[dict[str, int]] = []
        keys = self._top
        for line, statement in _statements(text):
            if header := _HEADER.match(statement):
                if header[1] == array and statement.startswith("[["):
                    self._tables.append({})
                keys = self._tables[-1] if header[1] == array and self._tables else {}
                keys.setdefault("", line)
                self._top.setdefault(header[1], line)
            elif key := _KEY.match(statement):
                keys.setdefault(key[1], line)

    def top(self, key: str) -> int:
        """Return the line of a key, or of the first table, outside of the array; 1 when it is not found."""
        return self._top.get(key, 1)

    def table(self, index: int, key: str = "") -> int:
        """Return the line of a key of a table; without such a key, the line of the table's header."""
        keys = self._tables[index] if index < len(self._tables) else self._top
        return keys.get(key) or keys.get("") or 1


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Yield headers and key/value pairs, each with the line it starts on."""
    line, first_line, depth, parts = 1, 1, 0, list[str]()
    for token in _TOKEN.finditer(text.replace("\r\n", "\n") + "\n"):
        if token["line"] and not depth:
            if statement := "".join(parts).strip():
                yield first_line, statement
            first_line, parts = line + 1, []
        else:
            depth += bool(token["open"]) - bool(token["close"])
            parts.append(token[0])
        line += token[0].count("\n")
