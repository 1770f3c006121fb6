"""The faults of one sandbox, and the seeded draw of those that a request meets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import count
from random import Random
from secrets import randbits
from threading import RLock
from typing import TYPE_CHECKING, Any, Final, cast

from igamingace_bindings.contract import CALLBACKS

from igamingace.sandbox.faults.fault import (
    CALLBACK_KINDS,
    CONTENT_COMMANDS,
    CONTENT_KINDS,
    DELIVERY_KINDS,
    Fault,
    Kind,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

MAX_FAULTS: Final = 100


class TooManyFaults(ValueError):  # noqa: N818 - names the condition
    """As many faults are switched on as there may be."""


@dataclass(frozen=True, slots=True)
class InjectedFault:
    """What a request meets.

    Attributes:
        hold: How many seconds it is held.
        fault: What happens to its answer; None when it is only delayed.
        names: The kinds of all faults it met, for people.
        drip: How many seconds a dripping answer takes.
        random: What a misspelt answer is drawn from.
    """

    hold: float
    fault: Fault | None
    names: str
    drip: float = 0.0
    random: Random | None = None

    @property
    def kind(self) -> Kind | None:
        """The kind of `fault`; None when the request is only held."""
        return None if self.fault is None else self.fault.kind

    @property
    def runs_handler(self) -> bool:
        """Whether the request is carried out before the fault takes the place of its response."""
        return self.fault is None or self.fault.after


class FaultRegistry:
    """The faults that are switched on.

    What the n-th request of an account to an operation meets depends on the seed alone, so the same run twice
    meets the same faults. Any thread may switch them on and off.

    Attributes:
        seed: What is drawn from; made when not given.
    """

    def __init__(
        self,
        operations: Collection[str] = (),
        codes: Collection[str] = (),
        *,
        seed: int | None = None,
        start: Iterable[Fault] = (),
    ) -> None:
        """Switch on the faults of the start, to which `reset` comes back.

        Args:
            operations: The operationIds there are; any is taken when empty.
            codes: The names of the response codes that are errors; the same.
            seed: What is drawn from; made when None.
            start: Faults to begin with.

        Raises:
            ValueError: as `add`.
        """
        self.seed = randbits(32) if seed is None else seed
        self._operations = operations
        self._codes = codes
        self._accounts: Callable[[], Collection[str]] | None = None
        if not isinstance(cast("object", start), Iterable):
            raise ValueError(f"faults: give a list of Fault(kind=...), not {start!r}")  # noqa: TRY004 - as `add`
        self._start = [_copied(fault) for fault in start]
        self._lock = RLock()
        self._active: list[Fault] = []
        self._seen: dict[int, Counter[tuple[str | None, str]]] = {}
        self.reset()

    def __bool__(self) -> bool:
        """Tell whether any fault is switched on."""
        return bool(self._active)

    def __iter__(self) -> Iterator[Fault]:
        """Iterate over the faults, oldest first."""
        return iter(list(self._active))

    def add(self, kind: Kind, **options: Any) -> Fault:  # noqa: ANN401 -- the attributes of Fault
        """Switch on a fault, and return it.

        Args:
            kind: See `Fault`.
            options: The other attributes of `Fault`: agent, operation, share, count, seconds, spread, status,
                code, after.

        Raises:
            ValueError: a field has an invalid value or type, the contract has no such operation
                or code, there is no such account, or there are too many faults.
            TypeError: a fault has no such attribute.
        """
        return self.take(Fault(kind=kind, **options))

    def remove(self, fault_id: int) -> bool:
        """Switch off the fault of that id; False when there is none."""
        with self._lock:
            left = [fault for fault in self._active if fault.id != fault_id]
            found, self._active = len(left) < len(self._active), left
            self._seen.pop(fault_id, None)
        return found

    def clear(self) -> None:
        """Switch off every fault."""
        with self._lock:
            self._active = []
            self._seen.clear()

    def reset(self) -> None:
        """Go back to the faults of the start, none of them met yet."""
        with self._lock:
            self._ids = count(1)
            self.clear()
            for fault in self._start:
                self.take(replace(fault, met=0))

    def draw(self, agent: str | None, operation: str) -> InjectedFault | None:
        """Draw what the next request of `agent` to `operation` meets; None when nothing."""
        hold, drip, struck = 0.0, 0.0, list[Fault]()
        answered: Fault | None = None
        random: Random | None = None
        for fault in self._active:
            if (
                fault.kind in CALLBACK_KINDS
                or not fault.meets(agent, operation)
                or (answered is not None and fault.kind != "latency")
            ):
                continue
            draw = self._draw(fault, agent, operation)
            if draw.random() >= fault.share:
                continue
            seconds = fault.seconds + fault.spread * draw.random()
            fault.met += 1
            struck.append(fault)
            if fault.kind == "latency":
                hold += seconds
            else:
                answered, drip, random = fault, seconds, draw
        if not struck:
            return None
        return InjectedFault(hold, answered, ",".join(fault.kind for fault in struck), drip, random)

    def draw_callback(
        self, agent: str, command: str, kinds: Collection[Kind] = DELIVERY_KINDS
    ) -> list[tuple[Kind, float]]:
        """Draw what the next callback with that command to `agent` meets: kinds, each with its seconds.

        Only faults of some `kinds` are drawn: of those that meet each try of a callback, by default.
        """
        struck: list[tuple[Kind, float]] = []
        for fault in self._active:
            if fault.kind in kinds and fault.meets(agent, command):
                draw = self._draw(fault, agent, command)
                if draw.random() < fault.share:
                    fault.met += 1
                    struck.append((fault.kind, fault.seconds + fault.spread * draw.random()))
        return struck

    def draw_spelling(self, agent: str, command: str) -> Random | None:
        """Return what the spelling of the next callback is drawn from; None where no fault misspells it."""
        for fault in self._active:
            if fault.kind == "spelling" and fault.meets(agent, command):
                draw = self._draw(fault, agent, command)
                if draw.random() < fault.share:
                    fault.met += 1
                    return draw
        return None

    def take(self, fault: Fault) -> Fault:
        """Switch on `fault`, and give it its id.

        Raises:
            ValueError: the contract has no such operation or code, there is no such account, or there are too
                many faults.
        """
        self._check(fault)
        with self._lock:
            if len(self._active) >= MAX_FAULTS:
                raise TooManyFaults(f"there are {MAX_FAULTS} faults already; remove some")
            fault.id = next(self._ids)
            self._active = [*self._active, fault]  # a new list: another thread may iterate
        return fault

    def watch_accounts(self, accounts: Callable[[], Collection[str]]) -> None:
        """Refuse from now on a fault for an account that is none of these, and look at those that are on.

        Raises:
            ValueError: one that is on is for no account.
        """
        self._accounts = accounts
        for fault in self:
            try:
                self._check(fault)
            except ValueError as error:
                raise ValueError(f"fault {fault.kind}: {error}") from None

    def _check(self, fault: Fault) -> None:
        if fault.kind in CALLBACK_KINDS:
            commands = CONTENT_COMMANDS if fault.kind in CONTENT_KINDS else (*CALLBACKS,)
            if fault.operation not in {None, *commands}:
                raise ValueError(f"operation: callbacks have {', '.join(commands)}, not {fault.operation!r}")
        elif self._operations and fault.operation not in {
            None,
            *self._operations,
            *(CALLBACKS if fault.kind == "spelling" else ()),
        }:
            raise ValueError(f"operation: the contract has no {fault.operation!r}")
        if self._codes and fault.code not in {None, *self._codes}:
            raise ValueError(f"code: the contract has no error {fault.code!r}")
        if fault.agent is not None and self._accounts is not None and fault.agent not in self._accounts():
            raise ValueError(f"agent: there is no account {fault.agent!r}")

    def _draw(self, fault: Fault, agent: str | None, operation: str) -> Random:
        seen = self._seen.setdefault(fault.id, Counter())
        seen[agent, operation] += 1
        return Random(f"{self.seed}/{fault.id}/{agent}/{operation}/{seen[agent, operation]}")  # noqa: S311 - faults, no secrets


def _copied(fault: object) -> Fault:
    if not isinstance(fault, Fault):
        raise ValueError(f"faults: give Fault(kind=...) for each, not {fault!r}")  # noqa: TRY004 - as `add`
    return replace(fault)
