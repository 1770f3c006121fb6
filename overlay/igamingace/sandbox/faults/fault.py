"""A fault: its kind, which requests it meets, how often, and its parameters."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Final, Literal, SupportsFloat, TypeAlias, get_args

if TYPE_CHECKING:
    from igamingace.sandbox._json import Object

Kind: TypeAlias = Literal[
    "latency",
    "busy",
    "maintenance",
    "error",
    "unknown_code",
    "unknown_field",
    "html",
    "empty",
    "cut",
    "close",
    "drip",
    "spelling",
    "callback_delay",
    "callback_duplicate",
    "callback_lost",
    "callback_lost_answer",
    "callback_amount",
    "callback_currency",
    "callback_player",
    "transaction_lost",
]

KINDS: Final[tuple[Kind, ...]] = get_args(Kind)

MAX_SECONDS: Final = 3_600.0
"""How many seconds a fault may hold an answer."""

CONTENT_KINDS: Final[frozenset[Kind]] = frozenset({"callback_amount", "callback_currency", "callback_player"})
"""The kinds by which a callback tells the wallet something else than the platform records."""
RECORD_KINDS: Final[frozenset[Kind]] = frozenset({"transaction_lost"})
"""The kinds that meet the record of a callback's transaction."""
CALLBACK_KINDS: Final[frozenset[Kind]] = RECORD_KINDS.union(
    kind for kind in KINDS if kind.startswith("callback_")
)
"""The kinds that meet callbacks to wallets, by their command; the others meet requests to operations."""
DELIVERY_KINDS: Final = CALLBACK_KINDS - CONTENT_KINDS - RECORD_KINDS
"""The kinds that meet each try of a callback on its way."""
CONTENT_COMMANDS: Final = ("bet", "win", "betwin")
"""The commands that `CONTENT_KINDS` meet."""

_HOLDING: Final = frozenset({"latency", "drip", "callback_delay"})
_AFTER_ONLY: Final = frozenset({"cut", "drip", "spelling", "unknown_field"})
_BEFORE_ONLY: Final = frozenset({"busy", "latency", "maintenance"}) | CALLBACK_KINDS
_WITH_STATUS: Final = frozenset({"empty", "error", "html", "unknown_code"})
_STATUSES: Final = range(200, 600)
_SECONDS: Final = 1.0
_NUMBERS: Final = ("share", "seconds", "spread")
_TYPES: Final[dict[str, tuple[type, str]]] = {
    "agent": (str, "a text"),
    "operation": (str, "a text"),
    "code": (str, "a text"),
    "count": (int, "an integer"),
    "status": (int, "an integer"),
    "after": (bool, "a boolean"),
}
_OPTIONAL: Final = frozenset(_TYPES) - {"after"}


@dataclass(slots=True, kw_only=True)
class Fault:
    """What goes wrong.

    Attributes:
        kind: `latency`: the answer is late. `busy`: refused with 1018. `maintenance`: refused with 1.
            `error`: a server error of the API. `unknown_code`: refused with an unknown code.
            `unknown_field`: an answer with unknown members. `html`: a proxy's page. `empty`: no
            body. `cut`: half the body, then the connection is closed. `close`: the connection is closed
            without an answer. `drip`: the answer comes bit by bit. `spelling`: an answer, or a callback to a
            wallet, with numbers as texts, booleans as 0 or 1 and so on, as live traffic of a sister
            deployment had them. Of callbacks to wallets: `callback_delay`: it arrives late, the time limit
            running. `callback_duplicate`: it arrives twice at once. `callback_lost`: it never arrives.
            `callback_lost_answer`: its answer never does. So that a wallet's book and the platform's
            transactions differ, of bet, win and betwin: `callback_amount`: it tells one minor unit more than
            is recorded. `callback_currency`: another currency. `callback_player`: another player.
            `transaction_lost`: its transaction is not listed.
        agent: The account it meets; None meets every one.
        operation: The operationId, or the command of the callback, that it meets; None meets every one.
        share: The part of the requests that it meets, 0 to 1.
        count: How many requests it meets at most; None for no end.
        seconds: How long `latency` holds the request, `drip` its answer, `callback_delay` the callback; for
            these kinds only.
        spread: Up to how many seconds longer, each request its own; evenly drawn.
        status: The HTTP status of `error`, `unknown_code`, `html` and `empty`; None for a usual one.
        code: The name of the response code of `error`; INTERNAL_SERVER_ERROR when None.
        after: Whether the request is carried out before its answer is lost to the fault. `cut`, `drip`,
            `spelling` and `unknown_field` always come after, `busy` and `maintenance` never.
        id: Its number, by which it can be taken away.
        met: How many requests it has met.
    """

    kind: Kind
    agent: str | None = None
    operation: str | None = None
    share: float = 1.0
    count: int | None = None
    seconds: float = _SECONDS
    spread: float = 0.0
    status: int | None = None
    code: str | None = None
    after: bool = False
    id: int = 0
    met: int = field(default=0, compare=False)

    def __post_init__(self) -> None:
        """Check it.

        Raises:
            ValueError: a field has an invalid value or type; the message names it.
        """
        self._check_types()
        if self.kind not in KINDS:
            raise ValueError(f"kind: {self.kind!r} is invalid; use one of {', '.join(KINDS)}")
        if not 0 <= self.share <= 1:
            raise ValueError("share: must be from 0 to 1")
        if self.count is not None and self.count < 1:
            raise ValueError("count: must be at least 1")
        for name, value in (("seconds", self.seconds), ("spread", self.spread)):
            if not (math.isfinite(value) and 0 <= value <= MAX_SECONDS):
                raise ValueError(f"{name}: must be from 0 to {MAX_SECONDS:.0f}")
        self._check_form()

    def _check_types(self) -> None:
        for name in _NUMBERS:
            setattr(self, name, _number(name, getattr(self, name)))
        for name, (kind, words) in _TYPES.items():
            value = getattr(self, name)
            fits = isinstance(value, kind) and (kind is bool or not isinstance(value, bool))
            if not fits and not (value is None and name in _OPTIONAL):
                raise ValueError(f"{name}: must be {words}")

    def _check_form(self) -> None:
        if self.seconds != _SECONDS and self.kind not in _HOLDING:
            raise ValueError(f"seconds: is not valid for {self.kind}")
        if self.spread and self.kind not in _HOLDING:
            raise ValueError(f"spread: is not valid for {self.kind}")
        if self.status is not None and (self.kind not in _WITH_STATUS or self.status not in _STATUSES):
            raise ValueError(f"status: from 200 to 599, for {', '.join(sorted(_WITH_STATUS))} only")
        if self.code is not None and self.kind != "error":
            raise ValueError("code: for error only")
        if self.after and self.kind in _BEFORE_ONLY:
            raise ValueError(f"after: {self.kind} means that the request is not carried out yet")
        self.after = self.after or self.kind in _AFTER_ONLY

    @property
    def spent(self) -> bool:
        """Whether it has met as many requests as it may."""
        return self.count is not None and self.met >= self.count

    def meets(self, agent: str | None, operation: str) -> bool:
        """Tell whether a request of that account to that operation is one it may meet."""
        return self.agent in (None, agent) and self.operation in (None, operation) and not self.spent

    def to_json(self) -> Object:
        """Return its attributes by name."""
        return {each.name: getattr(self, each.name) for each in fields(self)}


def _number(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, SupportsFloat):
        raise ValueError(f"{name}: must be a number")  # noqa: TRY004 - one error for every invalid value
    try:
        return float(value)
    except OverflowError:  # a whole number with hundreds of digits
        return math.inf
