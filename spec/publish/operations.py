"""Compares the operations of two contracts, those that partners call and those that call partners."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .changes import Change, Level
from .document import Document, Object, text
from .schemas import SchemaComparison
from .variance import Variance

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .schemas import Kind


def compare_operations(before: Document, after: Document) -> Iterator[Change]:
    """Yield the differences of the operations in `paths` and `webhooks`."""
    for section in ("paths", "webhooks"):
        old = {(path, method): operation for path, method, operation in before.operations(section)}
        new = {(path, method): operation for path, method, operation in after.operations(section)}
        for key in sorted(old.keys() | new.keys()):
            if key in old and key in new:
                yield from _pair(before, after, old[key], new[key], section).compare()
            elif section == "webhooks":
                yield _callback_change(key[0], come=key in new)
            else:
                yield _operation_change(*key, old.get(key), new.get(key))


def added_operations(before: Document, after: Document) -> set[str]:
    """Return the ids of the operations in `paths` that only `after` has."""
    old = {(path, method) for path, method, _ in before.operations("paths")}
    new = after.operations("paths")
    return {_id(each, f"{method.upper()} {path}") for path, method, each in new if (path, method) not in old}


def _pair(before: Document, after: Document, old: Object, new: Object, section: str) -> _Pair:
    name = _id(old, "an operation")
    writes, reads = Variance.WRITES, Variance.READS
    if section == "webhooks":
        name, writes, reads = f"callback {name}", reads, writes
    return _Pair(before=before, after=after, old=old, new=new, name=name, sent=writes, answered=reads)


def _callback_change(name: str, *, come: bool) -> Change:
    what = (
        "added: partners would be called with something they do not answer"
        if come
        else "removed: partners wait for it"
    )
    return Change(Level.BREAKING, f"callback {name}", "", what)


def _operation_change(path: str, method: str, old: Object | None, new: Object | None) -> Change:
    route = f"{method.upper()} {path}"
    if old is not None:
        return Change(Level.BREAKING, _id(old, route), "", f"{route} removed")
    return Change(Level.ADDITION, _id(new or {}, route), "", f"{route} added")


def _id(operation: Object, route: str) -> str:
    return str(operation.get("operationId", route))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pair:
    """One operation of two contracts."""

    before: Document
    after: Document
    old: Object
    new: Object
    name: str
    sent: Variance
    answered: Variance

    def compare(self) -> Iterator[Change]:
        yield from self._names()
        yield from self._parameters()
        yield from self._body()
        yield from self._responses()
        yield from self._facts()

    def change(self, level: Level, place: str, what: str) -> Change:
        return Change(level, self.name, place, what)

    def schema(self, variance: Variance, place: str, old: Any, new: Any) -> Iterator[Change]:
        for within, kind, what in SchemaComparison(self.before, self.after).compare(old, new):
            level = variance.level(kind)
            said = f"{what}; {variance.why(kind)}" if level is Level.BREAKING else what
            yield self.change(level, f"{place}, {within}" if within else place, said)

    def _names(self) -> Iterator[Change]:
        for key, what in (
            ("operationId", "generated methods are renamed"),
            ("tags", "generated methods move"),
        ):
            if self.old.get(key) != self.new.get(key):
                change = f"{key} {text(self.old.get(key))} -> {text(self.new.get(key))}; {what}"
                yield self.change(Level.BREAKING, "", change)
        if self.new.get("deprecated", False) != self.old.get("deprecated", False):
            yield self.change(Level.ADDITION, "", f"deprecated: {text(self.new.get('deprecated', False))}")
        old, new = self._security(self.before, self.old), self._security(self.after, self.new)
        if old != new:
            level = Level.ADDITION if all(way in new for way in old) else Level.BREAKING
            yield self.change(level, "security", f"{text(old)} -> {text(new)}")

    @staticmethod
    def _security(document: Document, operation: Object) -> list[Any]:
        """Return the ways of authentication, nothing asked for being one of them."""
        return operation.get("security", document.content.get("security", [])) or [{}]

    def _parameters(self) -> Iterator[Change]:
        old, new = self.before.parameters(self.old), self.after.parameters(self.new)
        for key in sorted(old.keys() | new.keys()):
            place = f"parameter {key}"
            if key not in new:
                yield self.change(
                    Level.BREAKING, place, "removed; what partners send today would be lost or refused"
                )
            elif key not in old:
                yield self._new_parameter(place, required=new[key].get("required", False))
            else:
                yield from self._parameter(place, old[key], new[key])

    def _new_parameter(self, place: str, *, required: bool) -> Change:
        hurts = required and self.sent is Variance.WRITES
        what = "added, required" if required else "added, optional"
        said = f"{what}; callers that do not send it are refused" if hurts else what
        return self.change(Level.BREAKING if hurts else Level.ADDITION, place, said)

    def _parameter(self, place: str, old: Object, new: Object) -> Iterator[Change]:
        yield from self._required(place, self.sent, old, new)
        for key in ("style", "explode", "allowReserved", "content"):
            if old.get(key) != new.get(key):
                yield self.change(
                    Level.BREAKING, place, f"{key} {text(old.get(key))} -> {text(new.get(key))}"
                )
        yield from self.schema(self.sent, place, old.get("schema", True), new.get("schema", True))

    def _required(self, place: str, variance: Variance, old: Object, new: Object) -> Iterator[Change]:
        was, now = old.get("required", False), new.get("required", False)
        if was == now:
            return
        kind: Kind = "narrower" if now else "wider"
        what = "is now required" if now else "is no longer required, so it may be missing"
        level = variance.level(kind)
        said = f"{what}; {variance.why(kind)}" if level is Level.BREAKING else what
        yield self.change(level, place, said)

    def _body(self) -> Iterator[Change]:
        old: Object = self.before.resolve(self.old.get("requestBody", {}))
        new: Object = self.after.resolve(self.new.get("requestBody", {}))
        if bool(old) != bool(new):
            hurts = bool(old) or new.get("required", False)
            what = "request body removed" if old else "request body added"
            yield self.change(Level.BREAKING if hurts else Level.ADDITION, "", what)
            return
        yield from self._required("request body", self.sent, old, new)
        yield from self._content("request body", self.sent, old, new)

    def _content(self, place: str, variance: Variance, old: Object, new: Object) -> Iterator[Change]:
        was, now = old.get("content", {}), new.get("content", {})
        for media in sorted(was.keys() | now.keys()):
            if media not in now:
                yield self.change(Level.BREAKING, place, f"{media} removed")
            elif media not in was:
                yield self.change(Level.ADDITION, place, f"{media} added")
            else:
                yield from self.schema(
                    variance, place, was[media].get("schema", True), now[media].get("schema", True)
                )

    def _responses(self) -> Iterator[Change]:
        old, new = self.old.get("responses", {}), self.new.get("responses", {})
        for status in sorted(old.keys() | new.keys()):
            place = f"answer {status}"
            if status in old and status in new:
                before, after = self.before.resolve(old[status]), self.after.resolve(new[status])
                yield from self._content(place, self.answered, before, after)
                yield from self._headers(place, before, after)
                continue
            success = str(status).startswith("2")
            what = "added" if status in new else "removed"
            yield self.change(Level.BREAKING if success else Level.ADDITION, place, what)

    def _headers(self, place: str, old: Object, new: Object) -> Iterator[Change]:
        was = {name.lower(): self.before.resolve(header) for name, header in old.get("headers", {}).items()}
        now = {name.lower(): self.after.resolve(header) for name, header in new.get("headers", {}).items()}
        for name in sorted(was.keys() | now.keys()):
            here = f"{place}, header {name}"
            if name not in now:
                yield self.change(self.answered.level("gone"), here, "removed")
            elif name not in was:
                yield self.change(Level.ADDITION, here, "added")
            else:
                yield from self._required(here, self.answered, was[name], now[name])
                yield from self.schema(
                    self.answered, here, was[name].get("schema", True), now[name].get("schema", True)
                )

    def _facts(self) -> Iterator[Change]:
        old, new = self.old.get("x-callback", {}), self.new.get("x-callback", {})
        yield from self._deadline(old.get("answerWithin"), new.get("answerWithin"))
        for key in ("retries", "then"):
            if old.get(key) != new.get(key):
                what = (
                    f"{text(old.get(key))} -> {text(new.get(key))}; partners rely on what follows a failure"
                )
                yield self.change(Level.BREAKING, f"x-callback {key}", what)
        was, now = self.old.get("x-status-codes", []), self.new.get("x-status-codes", [])
        if gone := [code for code in was if code not in now]:
            yield self.change(Level.BREAKING, "statusCode", f"no longer admits {', '.join(gone)}")
        if come := [code for code in now if code not in was]:
            yield self.change(Level.ADDITION, "statusCode", f"admits {', '.join(come)} too")
        known, known_now = self.old.get("x-error-codes", []), self.new.get("x-error-codes", [])
        if known != known_now:
            yield self.change(Level.ADDITION, "x-error-codes", f"{text(known)} -> {text(known_now)}")
        if self.old.get("x-standing") != self.new.get("x-standing"):
            what = f"{self.old.get('x-standing')} -> {self.new.get('x-standing')}"
            yield self.change(Level.TEXT, "standing", what)

    def _deadline(self, old: float | None, new: float | None) -> Iterator[Change]:
        if old == new:
            return
        shorter = new is not None and (old is None or new < old)
        what = (
            f"{'not stated' if old is None else f'{old} s'} -> {'not stated' if new is None else f'{new} s'}"
        )
        yield self.change(Level.BREAKING if shorter else Level.ADDITION, "time to answer", what)
