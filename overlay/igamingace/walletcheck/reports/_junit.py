"""The report as JUnit XML, for CI servers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from xml.etree.ElementTree import Element, SubElement, tostring

if TYPE_CHECKING:
    from igamingace.walletcheck.reports._report import CheckResult, Report

__all__ = ["junit"]

_SUITE: Final = "igamingace.wallet"
# Characters that XML 1.0 forbids, also as character references.
_FORBIDDEN: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(report: Report) -> bytes:
    """Return the report as JUnit XML in UTF-8: a test case for each check, a class name for each group."""
    counts = report.counts()
    numbers = {
        "tests": str(len(report.results)),
        "failures": str(counts["failed"]),
        "errors": "0",
        "skipped": str(counts["skipped"]),
        "time": f"{report.seconds:.3f}",
    }
    root = Element("testsuites", numbers)
    suite = SubElement(root, "testsuite", {"name": _SUITE, **numbers})
    properties = SubElement(suite, "properties")
    for name, value in (("target", report.target), ("player", report.player), ("currency", report.currency)):
        SubElement(properties, "property", {"name": name, "value": _clean(value)})
    for result in report.results:
        _case(suite, result)
    SubElement(suite, "system-out").text = _clean(
        f"{report.balance_summary()}\n{report.late_summary()}".strip()
    )
    xml: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return xml


def _case(suite: Element, result: CheckResult) -> None:
    group, _, name = result.id.partition(".")
    attributes = {"classname": f"{_SUITE}.{group}", "name": name, "time": f"{result.seconds:.3f}"}
    case = SubElement(suite, "testcase", attributes)
    if result.status == "skipped":
        SubElement(case, "skipped", {"message": _clean(result.message)})
    elif result.status == "failed":
        failure = SubElement(case, "failure", {"type": result.standing, "message": _clean(result.message)})
        failure.text = _clean(_details(result))


def _details(result: CheckResult) -> str:
    lines = [result.title, f"Rule ({result.standing}): {result.rule}", f"To do: {result.advice}", ""]
    for exchange in result.exchanges:
        lines.append(f"> {exchange.command}, signature {exchange.signature}: {exchange.sent}")
        lines.append(
            f"< {exchange.http_status or '-'} in {exchange.seconds * 1000:.0f} ms: {exchange.answer}"
        )
    if result.omitted:
        lines.append(f"and {result.omitted} more")
    return "\n".join(lines)


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)
