"""The data of a report: exchanges, the result of each check, and the whole run."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from igamingace_bindings.contract import Standing

__all__ = ["CheckResult", "Exchange", "Report", "Status"]

Status: TypeAlias = Literal["passed", "failed", "skipped"]


@dataclass(frozen=True, slots=True)
class Exchange:
    """A callback and its answer, without the token and the signature.

    Attributes:
        command: the callback's command.
        sent: the body that was sent, truncated if it is long.
        signature: how it was signed: `right`, or what is wrong with it.
        http_status: the HTTP status of the answer; None when there was none.
        answer: the body of the answer, truncated if it is long, or why there was none.
        seconds: from sending to the end of the answer.
    """

    command: str
    sent: str
    signature: str
    http_status: int | None
    answer: str
    seconds: float

    def lines(self) -> tuple[str, str]:
        """The callback and the answer, a line each."""
        signed = "" if self.signature == "right" else f"(signature: {self.signature}) "
        status = "" if self.http_status is None else f"{self.http_status} "
        return f"sent: {signed}{self.sent}", f"came: {status}{self.answer}"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The result of a check.

    Attributes:
        id: the check's id, for `only` and `skip`.
        title: what it tests, in a line.
        rule: the vendor's rule.
        standing: how certain that rule is.
        status: `passed`, `failed`, or `skipped` when it does not apply to this wallet.
        message: what is wrong, or why it was skipped; empty when it passed.
        advice: what to do when it failed.
        exchanges: the callbacks it sent; only the first ones if there were many.
        omitted: how many were left out.
        seconds: its duration.
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
    """The report of a run.

    Attributes:
        target: the wallet that was checked, without credentials.
        player: the player whose balance was used.
        currency: the currency of the bets.
        results: the result of each check that was run, in order.
        balance_before: the player's balance at the start, in major units.
        balance_after: the balance at the end; None when it could not be read.
        late: how many answers came after the contract's time limit, by command, over all checks.
        seconds: the duration of the run.
    """

    target: str
    player: str
    currency: str
    results: tuple[CheckResult, ...]
    balance_before: Decimal
    balance_after: Decimal | None
    late: Mapping[str, int]
    seconds: float

    @property
    def ok(self) -> bool:
        """Whether no check failed."""
        return not self.failed

    @property
    def failed(self) -> tuple[CheckResult, ...]:
        """The results of the checks that failed."""
        return tuple(result for result in self.results if result.status == "failed")

    @property
    def restored(self) -> bool:
        """Whether the player has the same balance as before."""
        return self.balance_after == self.balance_before

    def counts(self) -> dict[Status, int]:
        """How many checks passed, failed and were skipped."""
        counts = Counter(result.status for result in self.results)
        return {"passed": counts["passed"], "failed": counts["failed"], "skipped": counts["skipped"]}

    def balance_summary(self) -> str:
        """A sentence about the player's balance before and after."""
        before = f"{self.balance_before:f} {self.currency}"
        if self.restored:
            return f"The balance of {self.player} is {before}, as it was before."
        if self.balance_after is None:
            return f"The balance of {self.player} was {before} and can no longer be read."
        difference = self.balance_after - self.balance_before
        return (
            f"The balance of {self.player} was {before} and is now {self.balance_after:f}: "
            f"{difference:+f} could not be undone."
        )

    def late_summary(self) -> str:
        """A sentence about late answers; empty when there were none."""
        if not self.late:
            return ""
        counts = ", ".join(f"{count} of {command}" for command, count in self.late.items())
        return f"Answers past the contract's time limit in the whole run: {counts}."

    def text(self) -> str:
        """The report for a log or a failing test: each failed check, its exchanges, and what to do."""
        counts = ", ".join(f"{count} {status}" for status, count in self.counts().items())
        lines = [f"Wallet check of {self.target}: {counts}."]
        for result in self.failed:
            lines += ["", f"{result.id}: {result.title}", f"  found: {result.message}"]
            lines += [f"  rule ({result.standing}): {result.rule}", f"  to do: {result.advice}"]
            for exchange in result.exchanges[-2:]:
                lines += [f"  {line}" for line in exchange.lines()]
        lines += ["", *filter(None, (self.balance_summary(), self.late_summary()))]
        return "\n".join(lines)
