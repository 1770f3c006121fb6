"""May the contract be published? The version must rise as the changes ask, the changelog must say them."""

import pytest
from publish.published import load, record, versions
from publish.version_bump import check_version_bump
from publish.versions import PublishError, Version

from .edits import EDITS, GONE, both

BREAKING = (("paths", "/games"), GONE)
ADDITION = (("paths", "/games/kick"), {"get": {"operationId": "games.kick", "responses": {}}})
TEXT = (("info", "description"), "Better.")


@pytest.fixture
def spec(tmp_path, small):
    """A contract's folder in which 1.2.3 is published."""
    (tmp_path / "CHANGELOG.md").write_text("# Changelog\n\n## [1.2.3]\n\n- All of it.\n")
    record(tmp_path, small)
    return tmp_path


def note(spec, version, text="- Something.\n"):
    changelog = spec / "CHANGELOG.md"
    changelog.write_text(changelog.read_text().replace("## [", f"## [{version}]\n\n{text}\n## [", 1))


def versioned(document, version, *edits):
    return both(document, (("info", "version"), version), *edits)


def test_what_is_published_may_stand_as_it_is(spec, small):
    assert check_version_bump(spec, small).complaints == []


@pytest.mark.parametrize(
    ("edit", "version", "asked"),
    [
        (BREAKING, "1.2.3", "major 2.0.0"),
        (BREAKING, "1.2.4", "major 2.0.0"),
        (BREAKING, "1.3.0", "major 2.0.0"),
        (ADDITION, "1.2.3", "minor 1.3.0"),
        (ADDITION, "1.2.9", "minor 1.3.0"),
        (TEXT, "1.2.3", "patch 1.2.4"),
        (TEXT, "1.2.2", "patch 1.2.4"),
    ],
)
def test_too_low_a_version_is_refused_with_the_one_to_write(edit, version, asked, spec, small):
    part, least = asked.split()
    note(spec, least, "- Drops `games.list`, adds `games.kick`.\n")

    (complaint,) = check_version_bump(spec, versioned(small, version, edit)).complaints

    assert f"a new {part} version: set info.version in spec/openapi.yaml to {least}" in complaint


def test_a_breaking_change_without_a_major_version_says_what_it_breaks_and_the_other_way_out(spec, small):
    note(spec, "2.0.0", "- Drops `games.list`.\n")

    (complaint,) = check_version_bump(spec, versioned(small, "1.3.0", BREAKING)).complaints

    assert "make the change compatible (it breaks games.list)" in complaint


@pytest.mark.parametrize(
    ("edit", "version"), [(BREAKING, "2.0.0"), (ADDITION, "1.3.0"), (ADDITION, "2.0.0"), (TEXT, "1.2.4")]
)
def test_a_version_that_is_high_enough_and_written_up_is_accepted(edit, version, spec, small):
    note(spec, version, "- Drops `games.list`, adds `games.kick`.\n")

    bump = check_version_bump(spec, versioned(small, version, edit))

    assert bump.complaints == []
    assert f"{version} may be published" in bump.markdown()


@pytest.mark.parametrize(
    ("edit", "low", "asked"),
    [
        (BREAKING, "0.1.0", "minor 0.2.0"),
        (BREAKING, "0.1.1", "minor 0.2.0"),
        (ADDITION, "0.1.1", "minor 0.2.0"),
        (TEXT, "0.1.0", "patch 0.1.1"),
    ],
)
def test_below_1_0_0_a_breaking_change_raises_the_second_number(edit, low, asked, tmp_path, small):
    part, least = asked.split()
    (tmp_path / "CHANGELOG.md").write_text(f"## [{least}]\n\n- Drops `games.list`, adds `games.kick`.\n")
    record(tmp_path, versioned(small, "0.1.0"))

    (complaint,) = check_version_bump(tmp_path, versioned(small, low, edit)).complaints

    assert f"a new {part} version: set info.version in spec/openapi.yaml to {least}" in complaint
    assert check_version_bump(tmp_path, versioned(small, least, edit)).complaints == []


def test_a_version_that_rises_for_nothing_is_refused(spec, small):
    note(spec, "1.2.4")

    assert "leave it at 1.2.3" in check_version_bump(spec, versioned(small, "1.2.4")).complaints[0]


def test_a_version_without_an_entry_in_the_changelog_is_refused(spec, small):
    (complaint,) = check_version_bump(spec, versioned(small, "1.3.0", ADDITION)).complaints

    assert "add `## [1.3.0]`" in complaint


def test_the_entry_asked_for_is_that_of_the_version_to_come(spec, small):
    version, entry = check_version_bump(spec, versioned(small, "1.2.3", BREAKING)).complaints

    assert "to 2.0.0" in version
    assert "add `## [2.0.0]`" in entry


def test_an_entry_that_lists_nothing_is_refused(spec, small):
    note(spec, "1.3.0", "### Added\n")

    assert "lists nothing" in check_version_bump(spec, versioned(small, "1.3.0", ADDITION)).complaints[0]


def test_an_entry_must_name_each_operation_that_breaks(spec, small):
    note(spec, "2.0.0", "- Drops `games.list`.\n")
    sooner, *_ = EDITS["a callback must be answered sooner"][0]

    (complaint,) = check_version_bump(spec, versioned(small, "2.0.0", BREAKING, sooner)).complaints

    assert complaint.endswith("does not name what it breaks: `bet`.")


def test_an_entry_must_name_each_operation_that_is_added(spec, small):
    note(spec, "1.3.0", "- More about `games.list`.\n")
    more = (("paths", "/games/top"), {"get": {"operationId": "games.top", "responses": {}}})

    (complaint,) = check_version_bump(spec, versioned(small, "1.3.0", ADDITION, more, TEXT)).complaints

    assert complaint.endswith("does not name what it adds: `games.kick`, `games.top`.")


def test_what_breaks_and_what_is_added_is_asked_for_at_once(spec, small):
    note(spec, "2.0.0")

    complaints = check_version_bump(spec, versioned(small, "2.0.0", BREAKING, ADDITION)).complaints

    assert [each.rpartition("it ")[2] for each in complaints] == [
        "breaks: `games.list`.",
        "adds: `games.kick`.",
    ]


def test_the_report_names_operations_and_groups_what_is_the_same(spec, small):
    edits, *_ = EDITS["a shared error loses its code"]

    report = check_version_bump(spec, versioned(small, "1.2.3", *edits)).markdown()

    assert "- **games.launch, games.list**: answer 429, code: removed" in report
    assert "### To do" in report


@pytest.mark.parametrize("version", ["1.2", "1.2.3-rc1", "v1.2.3", "1.02.3", ""])
def test_a_version_is_three_numbers(version, spec, small):
    with pytest.raises(PublishError, match="write three numbers"):
        check_version_bump(spec, versioned(small, version))


def test_a_published_version_does_not_change(spec, small):
    with pytest.raises(PublishError, match=r"1\.2\.3 is published and does not change"):
        record(spec, both(small, TEXT))


def test_an_older_version_is_not_published_after_a_newer_one(spec, small):
    with pytest.raises(PublishError, match=r"1\.2\.3 is published and newer"):
        record(spec, versioned(small, "1.1.0"))


def test_a_published_version_is_read_back_whole_and_the_newest_is_the_last(spec, small):
    for version in ("1.10.0", "2.0.0", "10.0.0"):
        record(spec, versioned(small, version))

    assert [str(version) for version in versions(spec)] == ["1.2.3", "1.10.0", "2.0.0", "10.0.0"]
    assert load(spec, Version(10, 0, 0)) == versioned(small, "10.0.0")


def test_the_same_contract_is_kept_in_the_same_bytes(spec, small):
    path = spec / "published" / "1.2.3.json.gz"
    before = path.read_bytes()

    record(spec, small)

    assert path.read_bytes() == before
