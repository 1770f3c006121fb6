"""The data of a report: exchanges, the result of each check, and the whole run."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, get_args

from igamingace._common.amounts import EXACT
from igamingace.walletcheck._level import Level

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from igamingace_bindings.contract import Standing

__all__ = ["STATUSES", "CheckResult", "Exchange", "Report", "Status"]

Status: TypeAlias = Literal["passed", "failed", "skipped"]
STATUSES: Final[tuple[Status, ...]] = get_args(Status)

_SHARED: Final = 3
"""How many failures are many."""


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
        cause: what is wrong outside the wallet's logic, such as a refused connection; empty for nothing.
    """

    command: str
    sent: str
    signature: str
    http_status: int | None
    answer: str
    seconds: float
    cause: str = ""

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
        level: how much it matters when it fails.
        rule: the vendor's rule.
        standing: how certain that rule is.
        pointer: where the rule is in the contract's `openapi.json`, as a JSON pointer.
        status: `passed`, `failed`, or `skipped` when it does not apply to this wallet.
        message: what is wrong, or why it was skipped; empty when it passed.
        cause: what it may have in common with other failures; empty when nothing is known.
        advice: what to do when it failed.
        exchanges: the callbacks that decide.
        omitted: how many others it sent.
        seconds: its duration.
    """

    id: str
    title: str
    level: Level
    rule: str
    standing: Standing
    pointer: str
    status: Status
    message: str
    cause: str
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
        level: the level up to which a failed check fails the run.
        results: the result of each check that was run, in order.
        balance_before: the player's balance at the start, in major units.
        balance_after: the balance at the end; None when it could not be read.
        late: how many answers came after the contract's time limit, by command, over all checks.
        started: when the run began, in UTC.
        seconds: the duration of the run.
        versions: the versions of the package and of the contract.
        moved: by how much somebody else changed the balance meanwhile.
    """

    target: str
    player: str
    currency: str
    level: Level
    results: tuple[CheckResult, ...]
    balance_before: Decimal
    balance_after: Decimal | None
    late: Mapping[str, int]
    started: datetime
    seconds: float
    versions: Mapping[str, str]
    moved: Decimal = field(default=Decimal(0))

    @property
    def ok(self) -> bool:
        """Whether no check failed that counts at the report's level."""
        return not self.blocking

    @property
    def failed(self) -> tuple[CheckResult, ...]:
        """The results of the checks that failed, of all levels."""
        return tuple(result for result in self.results if result.status == "failed")

    @property
    def blocking(self) -> tuple[CheckResult, ...]:
        """The results of the failed checks that count at the report's level."""
        return tuple(result for result in self.failed if result.level.counts_at(self.level))

    @property
    def restored(self) -> bool:
        """Whether the player has the same balance as before, but for what somebody else changed."""
        return self.balance_after is not None and not self._change_by_run(self.balance_after)

    def _change_by_run(self, after: Decimal) -> Decimal:
        """Return by how much the run itself has changed the balance."""
        return EXACT.subtract(EXACT.subtract(after, self.balance_before), self.moved)

    def counts(self, level: Level | None = None) -> dict[Status, int]:
        """How many checks of a level, or of all, passed, failed and were skipped."""
        counts = Counter(result.status for result in self.results if level in {None, result.level})
        return {status: counts[status] for status in STATUSES}

    def level_summary(self) -> str:
        """What each level has come to, in a line."""
        parts: list[str] = []
        for level in Level:
            counts = self.counts(level)
            skipped = f", {counts['skipped']} skipped" if counts["skipped"] else ""
            ran = counts["passed"] + counts["failed"]
            if ran or skipped:
                parts.append(f"{level} {counts['passed']} of {ran} passed{skipped}")
        return "; ".join(parts)

    def shared_cause(self) -> str:
        """The one cause that many failures share, as a sentence; empty when there is none."""
        if self.moved:
            return (
                f"Somebody else moved the balance of {self.player} during the run, by {self.moved:+f}: use a "
                "player that nobody plays. (Or the wallet books after it has answered.)"
            )
        counts = Counter(result.cause for result in self.failed if result.cause)
        for cause, count in counts.most_common(1):
            if count >= _SHARED and count * 2 > len(self.failed):
                return f"{count} of {len(self.failed)} failures have one cause: {cause}."
        return ""

    def balance_summary(self) -> str:
        """A sentence about the player's balance before and after."""
        before = f"{self.balance_before:f} {self.currency}"
        if self.balance_after is None:
            return f"The balance of {self.player} was {before} and can no longer be read."
        if self.restored and not self.moved:
            return f"The balance of {self.player} is {before}, as it was before."
        now = f"The balance of {self.player} was {before} and is now {self.balance_after:f}:"
        if self.restored:
            return f"{now} somebody else moved it by {self.moved:+f}."
        moved = f", and somebody else moved it by {self.moved:+f}" if self.moved else ""
        return f"{now} {self._change_by_run(self.balance_after):+f} could not be undone{moved}."

    def late_summary(self) -> str:
        """A sentence about late answers; empty when there were none."""
        if not self.late:
            return ""
        counts = ", ".join(f"{count} of {command}" for command, count in self.late.items())
        return f"Answers past the contract's time limit in the whole run: {counts}."

    def text(self) -> str:
        """The report for a log or a failing test: each failed check, its exchanges, and what to do."""
        counts = ", ".join(f"{count} {status}" for status, count in self.counts().items())
        lines = [f"Wallet check of {self.target}: {counts}.", *filter(None, [self.shared_cause()])]
        lines.append(f"By level: {self.level_summary()}.")
        for result in sorted(self.failed, key=lambda result: list(Level).index(result.level)):
            lines += ["", f"{result.id} ({result.level}): {result.title}", f"  found: {result.message}"]
            lines += [f"  rule ({result.standing}): {result.rule}", f"  to do: {result.advice}"]
            for exchange in result.exchanges[-2:]:
                lines += [f"  {line}" for line in exchange.lines()]
        lines += ["", *filter(None, (self.balance_summary(), self.late_summary()))]
        return "\n".join(lines)
