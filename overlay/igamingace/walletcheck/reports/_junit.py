"""The report as JUnit XML, for CI servers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from xml.etree.ElementTree import Element, SubElement, tostring

from igamingace.walletcheck._level import Level

if TYPE_CHECKING:
    from igamingace.walletcheck.reports._report import CheckResult, Report

__all__ = ["junit"]

_SUITE: Final = "igamingace.wallet"
# Characters that XML 1.0 forbids, also as character references.
_FORBIDDEN: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(report: Report) -> bytes:
    """Return the report as JUnit XML in UTF-8: a case for each check, a class for each level and group.

    A failed check that does not count at the report's level is a skipped test, with what it found as the
    reason.
    """
    blocking = len(report.blocking)
    noted = len(report.failed) - blocking
    numbers = {
        "tests": str(len(report.results)),
        "failures": str(blocking),
        "errors": "0",
        "skipped": str(report.counts()["skipped"] + noted),
        "time": f"{report.seconds:.3f}",
    }
    root = Element("testsuites", numbers)
    suite = SubElement(root, "testsuite", {"name": _SUITE, **numbers})
    properties = SubElement(suite, "properties")
    for name, value in (
        ("target", report.target),
        ("player", report.player),
        ("currency", report.currency),
        ("level", report.level),
        ("started", report.started.isoformat(timespec="seconds")),
        *report.versions.items(),
        *((f"level.{level}", _counts(report, level)) for level in Level),
    ):
        SubElement(properties, "property", {"name": name, "value": _clean(value)})
    for result in report.results:
        _case(suite, result, report.level)
    SubElement(suite, "system-out").text = _clean(
        "\n".join(filter(None, (report.shared_cause(), report.balance_summary(), report.late_summary())))
    )
    xml: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return xml


def _counts(report: Report, level: Level) -> str:
    return ", ".join(f"{count} {status}" for status, count in report.counts(level).items())


def _case(suite: Element, result: CheckResult, chosen: Level) -> None:
    group, _, name = result.id.partition(".")
    attributes = {
        "classname": f"{_SUITE}.{result.level}.{group}",
        "name": name,
        "time": f"{result.seconds:.3f}",
    }
    case = SubElement(suite, "testcase", attributes)
    if result.status == "skipped":
        SubElement(case, "skipped", {"message": _clean(result.message)})
    elif result.status == "failed" and not result.level.counts_at(chosen):
        message = f"failed, but {result.level} only, which does not count at level {chosen}: {result.message}"
        SubElement(case, "skipped", {"message": _clean(message)}).text = _clean(_details(result))
    elif result.status == "failed":
        failure = SubElement(case, "failure", {"type": result.level, "message": _clean(result.message)})
        failure.text = _clean(_details(result))


def _details(result: CheckResult) -> str:
    lines = [
        result.title,
        f"Rule ({result.standing}, {result.pointer}): {result.rule}",
        f"To do: {result.advice}",
        "",
    ]
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
