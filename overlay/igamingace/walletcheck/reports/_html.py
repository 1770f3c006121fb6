"""The report as one self-contained HTML page: no script, no resources from the network."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from igamingace.walletcheck.reports._report import CheckResult, Exchange, Report, Status

__all__ = ["html"]

_STYLE: Final = """
:root { color-scheme: light dark; --page: #fff; --text: #1c1c1c; --dim: #595959; --line: #c9c9c9;
  --block: #f5f5f5; --bad: #b3261e; --good: #1b6e2b; --focus: #0b57d0; }
@media (prefers-color-scheme: dark) {
  :root { --page: #15171a; --text: #e8e8e8; --dim: #b0b0b0; --line: #4a4e54; --block: #1f2226;
    --bad: #ff8a80; --good: #81c784; --focus: #a8c7fa; }
}
* { box-sizing: border-box; }
body { background: var(--page); color: var(--text); font: 16px/1.5 system-ui, sans-serif; max-width: 60rem;
  margin: 0 auto; padding: 1rem; overflow-wrap: anywhere; }
h1 { font-size: 1.4rem; line-height: 1.25; } h2 { font-size: 1.1rem; margin: 1.5rem 0 .5rem; }
.sum { display: flex; flex-wrap: wrap; gap: .5rem; padding: 0; list-style: none; }
.sum li { border: 1px solid var(--line); border-radius: .5rem; padding: .3rem .8rem; }
.failed > summary b, .failed .mark, li.failed { color: var(--bad); }
.passed .mark, li.passed { color: var(--good); } .skipped .mark { color: var(--dim); }
details { border-top: 1px solid var(--line); }
summary { cursor: pointer; padding: .5rem 0; }
summary:focus-visible { outline: 2px solid var(--focus); outline-offset: 2px; }
dl { margin: 0 0 .5rem 1rem; } dt { color: var(--dim); font-size: .875rem; } dd { margin: 0 0 .5rem; }
pre { margin: .5rem 0; padding: .5rem; border: 1px solid var(--line); border-radius: .3rem;
  background: var(--block); font: .8125rem/1.45 ui-monospace, monospace; white-space: pre-wrap; }
pre span { color: var(--dim); }
.id { font-family: ui-monospace, monospace; font-size: .9rem; color: var(--dim); }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
@media print {
  :root { --page: #fff; --text: #000; --dim: #444; --line: #999; --block: #fff;
    --bad: #b3261e; --good: #1b6e2b; }
  body { max-width: none; padding: 0; font-size: 10pt; }
  summary, dt { break-after: avoid; } pre, dd { break-inside: avoid; }
}
"""
_MARKS: Final[dict[Status, str]] = {"passed": "✓", "failed": "✗", "skipped": "·"}


def html(report: Report) -> str:
    """Return the report as an HTML page; the failed checks come first and are open."""
    counts = report.counts()
    failed = counts["failed"]
    verdict = "all checks passed" if report.ok else f"{failed} {'check' if failed == 1 else 'checks'} failed"
    boxes = "".join(
        f'<li class="{status if count else "none"}">{count} {status}</li>' for status, count in counts.items()
    )
    others = tuple(result for result in report.results if result.status != "failed")
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Wallet check: {escape(verdict)}</title>
<style>{_STYLE}</style>
</head>
<body>
<main>
<h1>Wallet check: {escape(verdict)}</h1>
<p class="id">{escape(report.target)}</p>
<ul class="sum" aria-label="Results">{boxes}<li>{report.seconds:.1f} s</li></ul>
<p>{escape(report.balance_summary())} {escape(report.late_summary())}</p>
{"".join(_section("Failed", report.failed))}
{"".join(_section("Passed and skipped", others))}
</main>
</body>
</html>
"""


def _section(title: str, results: tuple[CheckResult, ...]) -> Iterator[str]:
    if results:
        yield f"<h2>{title}</h2>\n"
    yield from map(_result, results)


def _result(result: CheckResult) -> str:
    pairs = (
        ("Found", result.message),
        (f"Rule ({result.standing})", result.rule),
        ("What to do", result.advice if result.status == "failed" else ""),
    )
    details = "".join(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in pairs if text)
    more = f"<p>and {result.omitted} more</p>" if result.omitted else ""
    return (
        f'<details class="{result.status}"{" open" if result.status == "failed" else ""}>'
        f'<summary><span class="mark" aria-hidden="true">{_MARKS[result.status]}</span> '
        f'<b><span class="unseen">{result.status}: </span>{escape(result.title)}</b> '
        f'<span class="id">{escape(result.id)}</span></summary>\n<dl>{details}</dl>\n'
        f"{''.join(map(_exchange, result.exchanges))}{more}</details>\n"
    )


def _exchange(exchange: Exchange) -> str:
    status = "no answer" if exchange.http_status is None else f"HTTP {exchange.http_status}"
    received = f"<span>Came: {status}, {exchange.seconds * 1000:.0f} ms</span>"
    return (
        f"<pre><span>Sent: {escape(exchange.command)}, signature {escape(exchange.signature)}</span>\n"
        f"{_breakable(exchange.sent)}\n{received}\n{_breakable(exchange.answer)}</pre>\n"
    )


def _breakable(text: str) -> str:
    """Return the escaped text, with optional line breaks after commas."""
    return escape(text).replace(",", ",<wbr>")
