"""The report as one HTML page that needs nothing else: no script, nothing from the network."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from igamingace.walletcheck._report import Exchange, Report, Result, Status

__all__ = ["html"]

_STYLE: Final = """
:root { color-scheme: light dark; --line: #8884; --bad: #c62828; --good: #2e7d32; --dim: #777; }
* { box-sizing: border-box; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin: 1.5rem 0 .5rem; }
.sum { display: flex; flex-wrap: wrap; gap: .5rem; padding: 0; list-style: none; }
.sum li { border: 1px solid var(--line); border-radius: .5rem; padding: .3rem .8rem; }
details { border-top: 1px solid var(--line); padding: .5rem 0; }
summary { cursor: pointer; overflow-wrap: anywhere; }
.failed > summary b, .failed .mark, li.failed { color: var(--bad); }
.passed .mark, li.passed { color: var(--good); } .skipped .mark { color: var(--dim); }
dl { margin: .5rem 0 .5rem 1rem; } dt { color: var(--dim); font-size: .85rem; } dd { margin: 0 0 .5rem; }
pre { margin: .2rem 0; padding: .5rem; border: 1px solid var(--line); border-radius: .3rem;
  font-size: .8rem; white-space: pre-wrap; overflow-wrap: anywhere; }
.id { font-family: ui-monospace, monospace; font-size: .9rem; }
"""
_MARKS: Final[dict[Status, str]] = {"passed": "✓", "failed": "✗", "skipped": "·"}


def html(report: Report) -> str:
    """Return the report as an HTML page; the failed checks come first and are open."""
    counts = report.counts()
    verdict = "All checks passed" if report.ok else f"{counts['failed']} checks failed"
    boxes = "".join(f'<li class="{status}">{count} {status}</li>' for status, count in counts.items())
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
<h1>Wallet check: {escape(verdict)}</h1>
<p class="id">{escape(report.target)}</p>
<ul class="sum">{boxes}<li>{report.seconds:.1f} s</li></ul>
<p>{escape(report.balance_line())} {escape(report.late_line())}</p>
{"".join(_section("Failed", report.failed))}
{"".join(_section("Others", others))}
</body>
</html>
"""


def _section(title: str, results: tuple[Result, ...]) -> Iterator[str]:
    if results:
        yield f"<h2>{title}</h2>\n"
    yield from map(_result, results)


def _result(result: Result) -> str:
    pairs = (
        ("Found", result.message),
        (f"Rule ({result.standing})", result.rule),
        ("What to do", result.advice if result.status == "failed" else ""),
    )
    words = "".join(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in pairs if text)
    more = f"<p>and {result.omitted} more</p>" if result.omitted else ""
    return (
        f'<details class="{result.status}"{" open" if result.status == "failed" else ""}>'
        f'<summary><span class="mark">{_MARKS[result.status]}</span> <b>{escape(result.title)}</b> '
        f'<span class="id">{escape(result.id)}</span></summary>\n<dl>{words}</dl>\n'
        f"{''.join(map(_exchange, result.exchanges))}{more}</details>\n"
    )


def _exchange(exchange: Exchange) -> str:
    status = "no answer" if exchange.http_status is None else f"HTTP {exchange.http_status}"
    return (
        f"<pre>&gt; {escape(exchange.command)}, signature {escape(exchange.signature)}\n"
        f"{escape(exchange.sent)}\n"
        f"&lt; {status}, {exchange.seconds * 1000:.0f} ms\n{escape(exchange.answer)}</pre>\n"
    )
