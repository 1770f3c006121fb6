"""Times in ISO 8601."""

import pytest
from igamingace._common.iso_time import parse_iso_time


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-11-24", "2026-11-24T00:00:00"),
        ("2026-11-24 00:24", "2026-11-24T00:24:00"),
        ("2024-11-24T00:00:00", "2024-11-24T00:00:00"),
        ("2024-11-24T23:59:59Z", "2024-11-24T23:59:59+00:00"),
        ("20241124T002400", "2024-11-24T00:24:00"),
        ("2024-W24-2T10:24", "2024-06-11T10:24:00"),
        ("2024-11-24T10:00:24+09:00", "2024-11-24T10:00:24+09:00"),
    ],
)
def test_a_time_is_read_in_any_form(text, time):
    assert parse_iso_time(text).isoformat() == time


@pytest.mark.parametrize(
    "text",
    [
        "2024-11-24T24:00:00",
        "2024-11-24 24:00",
        "2024-11-24 24",
        "2024-12-31T24:00:00Z",
        "20241124T240000",
        "2024-W24T24:00",
        "2024-W24-2T24:00",
        "2024W242T24:00:00.000",
        "2024-11-24T25:00",
        "24:00",
        "noon",
        "",
    ],
)
def test_the_hour_24_is_refused_by_every_python_as_what_is_no_time(text):
    with pytest.raises(ValueError):  # noqa: PT011 -- Python's own messages differ
        parse_iso_time(text)
