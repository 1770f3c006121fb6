"""The tree of accounts as text: rows with branches, sites grouped, columns aligned."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from igamingace.operators._accounts.account import Account

Children: TypeAlias = "Callable[[Account | None], Sequence[Account]]"
"""Returns the accounts directly below one; below None, those at the top."""

_MAX_INDENT: Final = 24
"""Rows below this level are not indented further; they show their depth as a number."""


class BranchStyle(NamedTuple):
    """The characters that draw the tree, all of one width.

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


UNICODE: Final = BranchStyle("└─ ", "├─ ", "│  ", "   ")
ASCII: Final = BranchStyle("`- ", "|- ", "|  ", "   ")


def style_for(encoding: str) -> BranchStyle:
    """Return the style that an encoding can write."""
    try:
        "".join(UNICODE).encode(encoding)
    except UnicodeEncodeError:
        return ASCII
    return UNICODE


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the tree.

    Attributes:
        prefix: the branches before the name.
        name: of an account or of a site.
        account: None in the row of a site.
    """

    prefix: str
    name: str
    account: Account | None


def rows(children: Children, root: Account | None = None, style: BranchStyle = UNICODE) -> Iterator[Row]:
    """Yield the rows of a tree depth first, from `root` or from the top; accounts of a site are grouped."""
    top: list[_Node] = _grouped(children(None)) if root is None else [(root.name, root, [])]
    # A stack, no recursion: a tree may be deeper than Python's stack.
    stack = [(node, "", "", 0) for node in reversed(top)]
    while stack:
        node, prefix, indent, depth = stack.pop()
        name, account, grouped = node
        yield Row(prefix, name, account)
        nodes = grouped if account is None else _grouped(children(account))
        for index, child in enumerate(reversed(nodes)):
            branch = style.last if index == 0 else style.child
            trunk = style.gap if index == 0 else style.trunk
            if depth < _MAX_INDENT:
                stack.append((child, indent + branch, indent + trunk, depth + 1))
            else:
                stack.append((child, f"{indent}({depth + 1} deep) ", indent, depth + 1))


_Node = tuple[str, "Account | None", "list[_Node]"]


def _grouped(accounts: Sequence[Account]) -> list[_Node]:
    """Return the nodes of siblings: one per account, and one per site with its accounts below."""
    nodes: list[_Node] = []
    sites: dict[str, list[_Node]] = {}
    for account in accounts:
        siblings = nodes
        if account.site is not None:
            if account.site not in sites:
                sites[account.site] = []
                nodes.append((account.site, None, sites[account.site]))
            siblings = sites[account.site]
        siblings.append((account.name, account, []))
    return nodes


def render(
    children: Children, root: Account | None, cells: Mapping[str, Sequence[str]], headings: Sequence[str]
) -> str:
    """Return the tree as aligned columns: name, level, currency, and the account's `cells`."""
    table: list[tuple[str, ...]] = [("account", "level", "currency", *headings)] if headings else []
    for row in rows(children, root):
        account = row.account
        more = ("site",) if account is None else (account.level, account.currency, *cells.get(row.name, ()))
        table.append((row.prefix + row.name, *more))
    widths = [max(map(_width, column)) for column in zip_longest(*table, fillvalue="")]
    return "\n".join(_padded(line, widths) for line in table)


def _padded(line: Sequence[str], widths: Sequence[int]) -> str:
    padded = (cell + " " * (width - _width(cell)) for cell, width in zip(line, widths, strict=False))
    return "  ".join(padded).rstrip()


def _width(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    combining = sum(unicodedata.combining(character) != 0 for character in text)
    return len(text) + wide - combining
