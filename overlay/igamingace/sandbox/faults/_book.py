"""The faults of one sandbox: which of them a request meets, drawn from the seed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from itertools import count
from random import Random
from secrets import randbits
from typing import TYPE_CHECKING, Any, Final

from igamingace_bindings.contract import CALLBACKS

from igamingace.sandbox.faults._fault import CALLBACK_KINDS, Fault, Kind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

MOST_FAULTS: Final = 100


@dataclass(frozen=True, slots=True)
class Met:
    """What a request meets.

    Attributes:
        hold: How many seconds it is held.
        fault: What happens to its answer; None when it is only late.
        names: The kinds of all faults it met, for people.
        drip: How many seconds a dripping answer takes.
    """

    hold: float
    fault: Fault | None
    names: str
    drip: float = 0.0


class Faults:
    """The faults that are switched on.

    What the n-th request of an account to an operation meets depends on the seed alone, so the same run twice
    meets the same faults.

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
            codes: The names of the response codes there are; the same.
            seed: What is drawn from; made when None.
            start: Faults to begin with.

        Raises:
            ValueError: as `add`.
        """
        self.seed = randbits(32) if seed is None else seed
        self._operations = operations
        self._codes = codes
        self._start = [replace(fault) for fault in start]
        self._active: list[Fault] = []
        self._seen = Counter[tuple[int, str | None, str]]()
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
            ValueError: something in it makes no sense, the contract has no such operation, or there are too
                many faults.
            TypeError: a fault has no such attribute.
        """
        return self.take(Fault(kind=kind, **options))

    def remove(self, fault_id: int) -> bool:
        """Switch off the fault of that id; False when there is none."""
        left = [fault for fault in self._active if fault.id != fault_id]
        found, self._active = len(left) < len(self._active), left
        for seen in [seen for seen in self._seen if seen[0] == fault_id]:
            del self._seen[seen]
        return found

    def clear(self) -> None:
        """Switch off every fault."""
        self._active = []
        self._seen.clear()

    def reset(self) -> None:
        """Go back to the faults of the start, none of them met yet."""
        self._ids = count(1)
        self._active = []
        self._seen.clear()
        for fault in self._start:
            self.take(replace(fault, met=0))

    def meet(self, agent: str | None, operation: str) -> Met | None:
        """Draw what the next request of `agent` to `operation` meets; None when nothing."""
        hold, drip, struck = 0.0, 0.0, list[Fault]()
        answered: Fault | None = None
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
                answered, drip = fault, seconds
        if not struck:
            return None
        return Met(hold, answered, ",".join(fault.kind for fault in struck), drip)

    def meet_callback(self, agent: str, command: str) -> list[tuple[Kind, float]]:
        """Draw what the next callback with that command to `agent` meets: kinds, each with its seconds."""
        struck: list[tuple[Kind, float]] = []
        for fault in self._active:
            if fault.kind in CALLBACK_KINDS and fault.meets(agent, command):
                draw = self._draw(fault, agent, command)
                if draw.random() < fault.share:
                    fault.met += 1
                    struck.append((fault.kind, fault.seconds + fault.spread * draw.random()))
        return struck

    def take(self, fault: Fault) -> Fault:
        """Switch on `fault`, and give it its id.

        Raises:
            ValueError: the contract has no such operation or code, or there are too many faults.
        """
        known = CALLBACKS if fault.kind in CALLBACK_KINDS else self._operations
        if known and fault.operation is not None and fault.operation not in known:
            raise ValueError(f"operation: the contract has no {fault.operation!r}")
        if self._codes and fault.code is not None and fault.code not in self._codes:
            raise ValueError(f"code: the contract has no {fault.code!r}")
        if len(self._active) >= MOST_FAULTS:
            raise ValueError(f"there are {MOST_FAULTS} faults already; take some away")
        fault.id = next(self._ids)
        self._active = [*self._active, fault]  # a new list: another thread may iterate
        return fault

    def _draw(self, fault: Fault, agent: str | None, operation: str) -> Random:
        key = (fault.id, agent, operation)
        self._seen[key] += 1
        return Random(f"{self.seed}/{fault.id}/{agent}/{operation}/{self._seen[key]}")  # noqa: S311 - faults, no secrets
