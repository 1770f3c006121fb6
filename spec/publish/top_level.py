"""Compares the top level of two contracts: servers, headers, limit, response codes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .changes import Change, Level
from .document import Object, text

if TYPE_CHECKING:
    from collections.abc import Iterator

EVERYWHERE = "contract"
_CODE_FACTS = {
    "name": "programs that compare the name no longer find it",
    "resend": "programs send again, or do not, by this",
    "kind": "programs choose their answer to the error by this",
    "httpStatus": "programs may decide by the status",
}


def compare_top_level(before: Object, after: Object) -> Iterator[Change]:
    """Yield the differences of what holds for all operations."""
    yield from _servers(before, after)
    yield from _headers(before, after)
    yield from _limit(before.get("x-concurrency-limit", {}), after.get("x-concurrency-limit", {}))
    yield from _codes(before, after)


def _change(level: Level, place: str, what: str) -> Change:
    return Change(level, EVERYWHERE, place, what)


def _servers(before: Object, after: Object) -> Iterator[Change]:
    old = [server["url"] for server in before.get("servers", [])]
    new = [server["url"] for server in after.get("servers", [])]
    for url in old:
        if url not in new:
            yield _change(Level.BREAKING, "servers", f"{url} removed")
    for url in new:
        if url not in old:
            yield _change(Level.ADDITION, "servers", f"{url} added")


def _headers(before: Object, after: Object) -> Iterator[Change]:
    old = {header["name"]: header["value"] for header in before.get("x-required-headers", [])}
    new = {header["name"]: header["value"] for header in after.get("x-required-headers", [])}
    for name in sorted(old.keys() | new.keys()):
        if name not in new:
            yield _change(Level.ADDITION, f"header {name}", "no longer asked for")
        elif old.get(name) != new[name]:
            what = f"{old.get(name, 'not asked for')} -> {new[name]}; every request would have to change"
            yield _change(Level.BREAKING, f"header {name}", what)


def _limit(old: Object, new: Object) -> Iterator[Change]:
    if old.get("limit") != new.get("limit"):
        was, now = old.get("limit"), new.get("limit")
        lower = now is not None and (was is None or now < was)
        level = Level.BREAKING if lower else Level.ADDITION
        yield _change(level, "requests in flight", f"{_number(was)} -> {_number(now)}")
    for key in ("per", "refusedWith", "then"):
        if old and new and old.get(key) != new.get(key):
            yield _change(
                Level.BREAKING, f"requests in flight, {key}", f"{text(old.get(key))} -> {text(new.get(key))}"
            )


def _number(value: int | None) -> str:
    return "no limit" if value is None else str(value)


def _codes(before: Object, after: Object) -> Iterator[Change]:
    old: dict[int, Any] = {code["code"]: code for code in before.get("x-response-codes", [])}
    new: dict[int, Any] = {code["code"]: code for code in after.get("x-response-codes", [])}
    for number in sorted(old.keys() | new.keys()):
        place = f"code {number}"
        if number not in new:
            yield _change(
                Level.BREAKING, place, f"{old[number]['name']} removed; programs that handle it lose it"
            )
        elif number not in old:
            yield _change(Level.ADDITION, place, f"{new[number]['name']} added; the list is open")
        else:
            for fact, why in _CODE_FACTS.items():
                if old[number].get(fact) != new[number].get(fact):
                    what = f"{fact} {text(old[number].get(fact))} -> {text(new[number].get(fact))}; {why}"
                    yield _change(Level.BREAKING, place, what)
