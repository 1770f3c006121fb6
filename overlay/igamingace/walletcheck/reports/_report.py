"""What a run found: the exchanges, the result of each check, and the report of them all."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from igamingace_bindings.contract import Standing

__all__ = ["Exchange", "Report", "Result", "Status"]

Status: TypeAlias = Literal["passed", "failed", "skipped"]


@dataclass(frozen=True, slots=True)
class Exchange:
    """A callback that was sent and what came back; the token and the signature are in neither.

    Attributes:
        command: the callback's command.
        sent: the body that was sent, cut off where it is long.
        signature: how it was signed, in words.
        http_status: the HTTP status of the answer; None when none came.
        answer: the body of the answer, cut off where it is long, or why none came.
        seconds: from sending to the end of the answer.
    """

    command: str
    sent: str
    signature: str
    http_status: int | None
    answer: str
    seconds: float

    def lines(self) -> tuple[str, str]:
        """What was sent and what came, a line each."""
        signed = "" if self.signature == "right" else f"(signature: {self.signature}) "
        status = "" if self.http_status is None else f"{self.http_status} "
        return f"sent: {signed}{self.sent}", f"came: {status}{self.answer}"


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a check.

    Attributes:
        id: the check's name, for `only` and `skip`.
        title: what it tries, in a line.
        rule: what the vendor asks for.
        standing: how well that rule is known.
        status: `passed`, `failed`, or `skipped` where it says nothing about this wallet.
        message: what was wrong, or why it was skipped; empty when it passed.
        advice: what to do when it failed.
        exchanges: the callbacks it sent, the first ones where there were many.
        omitted: how many more there were.
        seconds: how long it took.
    """

    id: str
    title: str
    rule: str
    standing: Standing
    status: Status
    message: str
    advice: str
    exchanges: tuple[Exchange, ...]
    omitted: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Report:
    """What a run found.

    Attributes:
        target: the wallet that was checked, without credentials.
        player: the player whose balance was used.
        currency: the currency of the bets.
        results: the result of each check that was run, in order.
        balance_before: the player's balance at the start, in major units.
        balance_after: the balance at the end; None when it could not be read.
        late: how many answers came past the contract's time limit, by command, whichever check met them.
        seconds: how long the run took.
    """

    target: str
    player: str
    currency: str
    results: tuple[Result, ...]
    balance_before: Decimal
    balance_after: Decimal | None
    late: Mapping[str, int]
    seconds: float

    @property
    def ok(self) -> bool:
        """Whether no check failed."""
        return not self.failed

    @property
    def failed(self) -> tuple[Result, ...]:
        """The results of the checks that failed."""
        return tuple(result for result in self.results if result.status == "failed")

    @property
    def restored(self) -> bool:
        """Whether the player has the balance that it had before."""
        return self.balance_after == self.balance_before

    def counts(self) -> dict[Status, int]:
        """How many checks passed, failed and were skipped."""
        found = Counter(result.status for result in self.results)
        return {"passed": found["passed"], "failed": found["failed"], "skipped": found["skipped"]}

    def balance_line(self) -> str:
        """What the run left of the player's balance, in a sentence."""
        before = f"{self.balance_before:f} {self.currency}"
        if self.restored:
            return f"The balance of {self.player} is {before}, as it was before."
        if self.balance_after is None:
            return f"The balance of {self.player} was {before} and can no longer be read."
        left = self.balance_after - self.balance_before
        return (
            f"The balance of {self.player} was {before} and is now {self.balance_after:f}: "
            f"{left:+f} could not be undone."
        )

    def late_line(self) -> str:
        """Which answers came late, in a sentence; empty when none did."""
        if not self.late:
            return ""
        found = ", ".join(f"{count} of {command}" for command, count in self.late.items())
        return f"Answers past the contract's time limit in the whole run: {found}."

    def text(self) -> str:
        """The report for a log or a failing test: each failed check, what came, and what to do."""
        counts = self.counts()
        found = ", ".join(f"{count} {status}" for status, count in counts.items())
        lines = [f"Wallet check of {self.target}: {found}."]
        for result in self.failed:
            lines += ["", f"{result.id}: {result.title}", f"  found: {result.message}"]
            lines += [f"  rule ({result.standing}): {result.rule}", f"  to do: {result.advice}"]
            for exchange in result.exchanges[-2:]:
                lines += [f"  {line}" for line in exchange.lines()]
        lines += ["", *filter(None, (self.balance_line(), self.late_line()))]
        return "\n".join(lines)
