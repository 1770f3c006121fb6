"""The workflows of CI call sessions and nothing else, pinned, with least permissions."""

import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
WORKFLOWS = {
    path.stem: YAML(typ="safe", pure=True).load(path.read_text())
    for path in sorted((ROOT / ".github" / "workflows").glob("*.yml"))
}
# What stands around the sessions: the machine's packages, nox itself, and the release's page.
AROUND = (
    (
        "sudo apt-get update && sudo apt-get install --yes --no-install-recommends "
        "postgresql pgbouncer redis-server php-cli php-sqlite3 php-bcmath php-guzzlehttp-guzzle"
    ),
    'python -m pip install "nox[uv]"',
    'gh release create "${GITHUB_REF_NAME}" --verify-tag --generate-notes dist/packages/* dist/spec/*/*.*',
)
SESSION = re.compile(
    r'nox -s (?:[\w-]+ ?)+(?: -- .*)?|nox -s "(?:tests-\$\{PYTHON\}|\$\{SESSION\})"(?: -- .*)?'
)


def jobs():
    return [
        (f"{name}.{job}", content)
        for name, flow in WORKFLOWS.items()
        for job, content in flow["jobs"].items()
    ]


def steps():
    return [(job, step) for job, content in jobs() for step in content["steps"]]


def called():
    """Return the sessions that the workflows call."""
    runs = [step["run"] for _, step in steps() if "run" in step]
    plain = {name for run in runs for name in re.findall(r"nox -s ([\w -]+?)(?: --|$)", run)}
    matrix = {
        name for _, job in jobs() for name in job.get("strategy", {}).get("matrix", {}).get("session", [])
    }
    return {name for names in plain for name in names.split()} | matrix


def test_there_are_the_five_workflows():
    assert sorted(WORKFLOWS) == ["ci", "docs", "nightly", "release", "spec"]


def test_each_step_that_runs_something_runs_a_session():
    runs = [step["run"] for _, step in steps() if "run" in step]

    assert [run for run in runs if run not in AROUND and not SESSION.fullmatch(run)] == []


def test_each_session_that_is_called_exists(nox_sessions):
    assert called()
    assert called() <= set(nox_sessions["all"])


def test_every_session_of_a_plain_nox_run_is_called(nox_sessions):
    assert set(nox_sessions["default"]) - {"tests", "summary"} <= called()


def test_the_tests_run_on_every_python_that_has_a_session(nox_sessions):
    pythons = WORKFLOWS["ci"]["jobs"]["tests"]["strategy"]["matrix"]["python"]

    versions = {name.removeprefix("tests-") for name in nox_sessions["all"] if name.startswith("tests-3")}
    assert set(pythons) == versions


@pytest.mark.parametrize("uses", sorted({step["uses"] for _, step in steps() if "uses" in step}))
def test_an_action_is_pinned_by_its_full_hash(uses):
    assert re.fullmatch(r"[\w.-]+/[\w.-]+@[0-9a-f]{40}", uses)


def test_one_action_has_one_hash_everywhere():
    pins = {step["uses"] for _, step in steps() if "uses" in step}

    assert len({uses.split("@")[0] for uses in pins}) == len(pins)


def test_nothing_may_be_written_but_where_it_is_needed():
    assert all(flow["permissions"] == {} for flow in WORKFLOWS.values())
    writing = {
        job: sorted(name for name, level in content["permissions"].items() if level == "write")
        for job, content in jobs()
        if "write" in content["permissions"].values()
    }
    assert writing == {
        "docs.publish": ["id-token", "pages"],
        "spec.commit": ["contents"],
        "release.attest": ["attestations", "id-token"],
        "release.package": ["id-token"],
        "release.contract": ["contents"],
    }


def test_no_secret_is_in_reach_of_a_pull_request():
    texts = [path.read_text() for path in (ROOT / ".github" / "workflows").glob("*.yml")]

    assert not any("secrets." in text or "pull_request_target" in text for text in texts)
    assert all(
        step["with"]["persist-credentials"] is False
        for _, step in steps()
        if step.get("uses", "").startswith("actions/checkout@")
    )
    assert "workflow_dispatch" in WORKFLOWS["spec"]["jobs"]["commit"]["if"]
    assert "pull_request" in WORKFLOWS["docs"]["jobs"]["publish"]["if"]
