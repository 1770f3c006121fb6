"""Rules of response codes."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from .contract import STANDINGS, listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .contract import Contract, Node
    from .problems import Problem

RESEND = ("done", "never", "reads", "later", "drained")
KINDS = (
    "ok", "busy", "authentication", "address", "permission", "not-found", "funds", "invalid-request",
    "conflict", "maintenance", "server-error",
)  # fmt: skip
FIELDS = {
    "code": "the number",
    "name": "the name, as the vendor spells it",
    "aliases": "other spellings that were seen, or []",
    "meaning": "what happened",
    "httpStatus": "the HTTP status it comes under",
    "resend": f"whether the same request may be sent again: {', '.join(RESEND)}",
    "kind": f"what a caller does about it: {', '.join(KINDS)}",
    "standing": f"how well the number is known: {', '.join(STANDINGS)}",
    "nameStanding": "how well the name is known",
    "httpStatusStanding": "how well the HTTP status is known",
}


def check_codes(contract: Contract) -> Iterator[Problem]:
    """Check the response codes, and that some caller can meet each."""
    nodes = [node for _, node in contract.root.get("x-response-codes").children()]
    met = [code for operation in contract.operations for code in operation.node.get("x-error-codes").items]
    numbers = Counter(str(node.get("code").value) for node in nodes)
    names = Counter(
        str(name) for node in nodes for name in (node.get("name").value, *node.get("aliases").items)
    )
    for node in nodes:
        place = f"code {node.get('code').value}"
        yield from _check_fields(node, place)
        if node.get("kind").value != "ok" and not node.get("code").among(met):
            yield node.problem(
                place, "no operation can meet it: write it into the x-error-codes of those that can"
            )
    for what, counts in (("number", numbers), ("name", names)):
        for value, count in counts.items():
            if count > 1:
                yield contract.root.get("x-response-codes").problem(
                    f"code {value}", f"{count} codes have this {what}"
                )


def _check_fields(node: Node, place: str) -> Iterator[Problem]:
    lacking = [f"{field} ({what})" for field, what in FIELDS.items() if node.get(field).among((None, ""))]
    if lacking:
        yield node.problem(place, f"needs {listed(lacking)}")
    for field in node.members:
        if field not in FIELDS:
            yield node.get(field).problem(
                place, f"{field} is not a field of a code: {listed([*FIELDS], 'or')}"
            )
    allowed: dict[str, tuple[str, ...]] = {"resend": RESEND, "kind": KINDS}
    allowed |= dict.fromkeys(("standing", "nameStanding", "httpStatusStanding"), STANDINGS)
    for field, values in allowed.items():
        given = node.get(field)
        if not given.among((None, "", *values)):
            yield given.problem(place, f"{field} is {given.value!r}; use {listed([*values], 'or')}")
