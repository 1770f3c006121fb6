"""The report as one self-contained HTML page: no script, no resources from the network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from igamingace._common.html_page import html_page, html_table, text
from igamingace.walletcheck._level import Level
from igamingace.walletcheck.reports._report import STATUSES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from igamingace.walletcheck.reports._report import CheckResult, Exchange, Report, Status

__all__ = ["html"]

_STYLE: Final = """
.failed > summary b, .failed .mark { color: var(--bad); }
.passed .mark { color: var(--good); } .skipped .mark { color: var(--dim); }
.cause { border-left: .25rem solid var(--bad); padding-left: .75rem; font-weight: 600; }
details { border-top: 1px solid var(--line); }
summary { cursor: pointer; padding: .5rem 0; }
summary:focus-visible { outline: 2px solid var(--focus); outline-offset: 2px; }
dl { margin: 0 0 .5rem 1rem; } dt { color: var(--dim); font-size: .875rem; } dd { margin: 0 0 .5rem; }
dl.head { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; margin: 0 0 1rem; }
dl.head dd { margin: 0; }
pre { margin: .5rem 0; padding: .5rem; border: 1px solid var(--line); border-radius: .3rem;
  background: var(--block); font: .8125rem/1.45 ui-monospace, monospace; white-space: pre-wrap; }
pre span { color: var(--dim); }
.id { font-family: ui-monospace, monospace; font-size: .9rem; color: var(--dim); }
@media print { summary, dt { break-after: avoid; } pre, dd { break-inside: avoid; } }
"""
_MARKS: Final[dict[Status, str]] = {"passed": "✓", "failed": "✗", "skipped": "·"}


def html(report: Report) -> str:
    """Return the report as an HTML page: a summary, then the checks by level, the failed ones first.

    Of the checks, only the first one that counts as failed is open.
    """
    blocking = len(report.blocking)
    verdict = "all checks passed" if report.ok else f"{blocking} {_checks(blocking)} failed"
    first = next(iter(_by_level(report.blocking)), None)
    return html_page(
        f"Wallet check: {verdict} at level {report.level}",
        _cause(report),
        _head(report),
        html_table(
            ("level", *STATUSES, "failed checks"),
            ((level, *report.counts(level).values(), _failed(report, level)) for level in Level),
            right=STATUSES,
            caption="Checks by level",
        ),
        f"<p>{text(report.balance_summary())} {text(report.late_summary())}</p>\n",
        f'<p class="dim">{text(_LEVELS)}</p>\n',
        *(section for level in Level for section in _section(report, level, first)),
        style=_STYLE,
    )


_LEVELS: Final = (
    "required: the rule is documented, or breaking it lets the balance differ from what documented callbacks "
    "give. robust: it is known from other deployments of this platform. advised: nobody states it; it "
    "hardens the wallet."
)


def _checks(count: int) -> str:
    return "check" if count == 1 else "checks"


def _cause(report: Report) -> str:
    cause = report.shared_cause()
    return f'<p class="cause">{text(cause)}</p>\n' if cause else ""


def _head(report: Report) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in report.versions.items())
    pairs = (
        ("Wallet", report.target),
        ("Player", f"{report.player}, {report.currency}"),
        ("Level", f"{report.level}: {_counted(report.level)}"),
        ("Result", report.level_summary()),
        ("Date", f"{report.started:%Y-%m-%d %H:%M:%S} UTC"),
        ("Duration", f"{report.seconds:.1f} s"),
        ("Versions", versions),
    )
    return f'<dl class="head">{_pairs(pairs)}</dl>\n'


def _counted(chosen: Level) -> str:
    counting = [level for level in Level if level.counts_at(chosen)]
    return f"failed checks that are {' or '.join(counting)} count"


def _failed(report: Report, level: Level) -> str:
    return ", ".join(result.id for result in report.failed if result.level is level)


def _by_level(results: tuple[CheckResult, ...]) -> list[CheckResult]:
    return sorted(results, key=lambda result: list(Level).index(result.level))


def _section(report: Report, level: Level, first: CheckResult | None) -> Iterator[str]:
    results = [result for result in report.results if result.level is level]
    if not results:
        return
    note = "" if level.counts_at(report.level) else ", do not count here"
    yield f"<h2>{level.capitalize()}{note}</h2>\n"
    for result in sorted(results, key=lambda result: result.status != "failed"):
        yield _result(result, is_open=result is first)


def _result(result: CheckResult, *, is_open: bool) -> str:
    failed = result.status == "failed"
    pairs = (
        ("Found", result.message),
        (f"Rule ({result.standing}, {result.pointer})", result.rule),
        ("What to do", result.advice if failed else ""),
    )
    # What passed needs no evidence on a page that people read; as_json has it.
    evidence = "".join(map(_exchange, result.exchanges)) if failed else ""
    more = f"<p>and {result.omitted} more</p>" if failed and result.omitted else ""
    return (
        f'<details class="{result.status}"{" open" if is_open else ""}>'
        f'<summary><span class="mark" aria-hidden="true">{_MARKS[result.status]}</span> '
        f'<b><span class="unseen">{result.status}: </span>{text(result.title)}</b> '
        f'<span class="id">{text(result.id)}</span></summary>\n<dl>{_pairs(pairs)}</dl>\n'
        f"{evidence}{more}</details>\n"
    )


def _pairs(pairs: tuple[tuple[str, str], ...]) -> str:
    return "".join(f"<dt>{text(name)}</dt><dd>{text(value)}</dd>" for name, value in pairs if value)


def _exchange(exchange: Exchange) -> str:
    status = "no answer" if exchange.http_status is None else f"HTTP {exchange.http_status}"
    received = f"<span>Came: {status}, {exchange.seconds * 1000:.0f} ms</span>"
    return (
        f"<pre><span>Sent: {text(exchange.command)}, signature {text(exchange.signature)}</span>\n"
        f"{_breakable(exchange.sent)}\n{received}\n{_breakable(exchange.answer)}</pre>\n"
    )


def _breakable(value: str) -> str:
    """Return the escaped text, with optional line breaks after commas."""
    return text(value).replace(",", ",<wbr>")
