"""The tree of accounts as text for people."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, Final, NamedTuple

from igamingace import errors

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from igamingace.operators._accounts import Account
    from igamingace.operators._tree import Tree

_DEEPEST: Final = 24
"""Below so many levels lines are not indented further, and say how deep they are."""


class Branches(NamedTuple):
    """What the tree is drawn with, all of one width.

    Attributes:
        last: before the last name below another one.
        child: before any other name.
        trunk: below `child`.
        gap: below `last`.
    """

    last: str
    child: str
    trunk: str
    gap: str


DRAWN: Final = Branches("└─ ", "├─ ", "│  ", "   ")
TYPED: Final = Branches("`- ", "|- ", "|  ", "   ")
"""In ASCII."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the drawn tree.

    Attributes:
        prefix: the branches before the name.
        name: of an account or of a site.
        account: None on the line of a site.
    """

    prefix: str
    name: str
    account: Account | None


def lines(tree: Tree, under: str | None = None, branches: Branches = DRAWN) -> Iterator[Line]:
    """Go over the lines of the drawn tree; accounts of one site stand together below its name."""
    top: list[_Node] = _grouped(tree.roots) if under is None else [(under, tree[under], [])]
    stack = [(node, "", "", 0) for node in reversed(top)]
    while stack:
        node, prefix, indent, depth = stack.pop()
        name, account, below = node
        yield Line(prefix, name, account)
        nodes = below if account is None else _grouped(tree.children(name))
        for index, child in enumerate(reversed(nodes)):
            branch = branches.last if index == 0 else branches.child
            trunk = branches.gap if index == 0 else branches.trunk
            if depth < _DEEPEST:
                stack.append((child, indent + branch, indent + trunk, depth + 1))
            else:
                stack.append((child, f"{indent}({depth + 1} deep) ", indent, depth + 1))


_Node = tuple[str, "Account | None", "list[_Node]"]


def _grouped(accounts: Sequence[Account]) -> list[_Node]:
    """Return what is drawn for siblings: each account, those of a site below the site's own line."""
    nodes: list[_Node] = []
    sites: dict[str, list[_Node]] = {}
    for account in accounts:
        row = nodes
        if account.site is not None:
            if account.site not in sites:
                sites[account.site] = []
                nodes.append((account.site, None, sites[account.site]))
            row = sites[account.site]
        row.append((account.name, account, []))
    return nodes


def branches_for(encoding: str) -> Branches:
    """Return what an encoding can write."""
    try:
        "".join(DRAWN).encode(encoding)
    except UnicodeEncodeError:
        return TYPED
    return DRAWN


def render(tree: Tree, cells: Mapping[str, Sequence[str]], headings: Sequence[str], under: str | None) -> str:
    """Return the tree with a line for each account: name, level, currency, and the cells it has."""
    rows: list[tuple[str, ...]] = [("account", "level", "currency", *headings)] if headings else []
    for line in lines(tree, under):
        account = line.account
        more = ("site",) if account is None else (account.level, account.currency, *cells.get(line.name, ()))
        rows.append((line.prefix + line.name, *more))
    widths = [max(map(_width, column)) for column in zip_longest(*rows, fillvalue="")]
    return "\n".join(_padded(row, widths) for row in rows)


def _padded(row: Sequence[str], widths: Sequence[int]) -> str:
    padded = (cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=False))
    return "  ".join(padded).rstrip()


def _width(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    marks = sum(unicodedata.combining(character) != 0 for character in text)
    return len(text) + wide - marks


def in_short(error: Exception) -> str:
    """Return the few words of an error that fit into a table."""
    if isinstance(error, errors.APIError):
        return error.name or (f"HTTP {error.http_status}" if error.code is None else f"code {error.code}")
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, errors.TransportError):
        return "no answer" if error.may_have_arrived else "no connection"
    if isinstance(error, errors.UnexpectedResponse):
        return f"unreadable answer, HTTP {error.http_status}"
    if isinstance(error, errors.ConfigurationError):
        return "not set up"
    return type(error).__name__
