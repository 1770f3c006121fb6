"""Differences between what iGamingAce sends and what the contract says.

    from igamingace import drift

    for difference in drift.differences():
        print(difference)

Nobody fully knows this API. A difference affects only the code that uses the field that differs, and each is
recorded here: once as a warning of the logger `igamingace.drift`, and counted in `drift.differences()`.
`agent.drift()` has those of one agent, `Agent(on_drift=...)` is called with each that is new to it, and
`igamingace.otel` counts all of them as ``igamingace.drift``.

No record, log line or metric holds a value, except the integer of an open enum, a code or an HTTP status. The
name of a field is shown only if it looks like one: some servers use data as names.
"""

from igamingace.drift._difference import Difference, Direction, Kind
from igamingace.drift._log import MAX_RECORDS, DriftLog, differences, reset

__all__ = ["MAX_RECORDS", "Difference", "Direction", "DriftLog", "Kind", "differences", "reset"]
