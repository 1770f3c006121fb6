"""`igamingace allowed-ips`: shown, diffed before it is written, never emptied by accident."""

import ipaddress

import pytest
from igamingace import Agent
from igamingace.cli import allowed_ips
from igamingace.operators import AllowedAddresses

HERE = "127.0.0.1"  # where the tests call from: without it the sandbox would lock them out


@pytest.fixture(autouse=True)
def everybody_at_first(run):
    yield
    run("allowed-ips", "-a", "west-poor", "--everybody", "--yes")


def ips(run, *arguments, **more):
    return run("allowed-ips", "--account", "west-poor", *arguments, **more)


def test_an_empty_list_is_said_to_accept_everybody(run):
    assert "everywhere" in ips(run).stdout
    assert run.json("allowed-ips", "-a", "west-poor") == {
        "ok": True,
        "everybody": True,
        "addresses": [],
        "unreadable": [],
        "warnings": [],
    }


def test_a_change_is_shown_and_asked_about_before_it_is_made(run):
    refused = ips(run, "--add", f"{HERE} 8.8.8.8", typed="n\n", status=2)
    unchanged = ips(run)
    done = ips(run, "--add", HERE, "--add", "8.8.8.8", typed="y\n")

    assert refused.stdout == f"+ {HERE}\n+ 8.8.8.8\n"
    assert "stopped: nothing was changed" in refused.stderr
    assert "everywhere" in unchanged.stdout
    assert "Yours must be among them" in done.stderr
    assert f"{HERE}: is the loopback address" in done.stderr
    assert ips(run).stdout == f"{HERE}\n8.8.8.8\n"


def test_addresses_are_replaced_added_and_taken_out(run):
    ips(run, "--set", f"{HERE} 8.8.8.8\n9.9.9.9", "--yes")

    document = run.json(
        "allowed-ips", "-a", "west-poor", "--add", "2606:4700::1111", "--remove", "8.8.8.8", "--yes"
    )

    assert document["added"] == ["2606:4700::1111"]
    assert document["removed"] == ["8.8.8.8"]
    assert document["changed"] is True
    assert ips(run).stdout.split() == [HERE, "9.9.9.9", "2606:4700::1111"]


def test_ctrl_c_while_it_is_sent_is_3(run, monkeypatch, sandbox):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    with Agent(sandbox.token, base_url=sandbox.url) as agent, monkeypatch.context() as patch:
        patch.setattr(type(agent.operators), "update", interrupted)
        done = ips(run, "--add", HERE, "--yes", status=3)

    assert "interrupted; it is unknown whether the change was made" in done.stderr


def test_a_dry_run_changes_nothing(run):
    done = ips(run, "--add", HERE, "--dry-run")
    document = run.json("allowed-ips", "-a", "west-poor", "--add", HERE, "--dry-run")

    assert f"+ {HERE}" in done.stdout
    assert document["changed"] is False
    assert "everywhere" in ips(run).stdout


def test_nothing_to_change_asks_nobody(run):
    ips(run, "--set", HERE, "--yes")

    assert ips(run, "--add", HERE).stdout == "Nothing changes.\n"


def test_everybody_is_only_let_in_by_name(run):
    ips(run, "--set", HERE, "--yes")

    assert "say that everybody is meant" in ips(run, "--remove", HERE, "--yes", status=2).stderr
    done = ips(run, "--everybody", "--yes")

    assert "from anyone who has the token" in done.stderr
    assert done.stdout == f"- {HERE}\n"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--add", "10.0.0.0/8"], "does not accept networks"),
        (["--add", "casino.example"], "not an IP address"),
        (["--remove", "8.8.8.8"], "8.8.8.8 is not in the list"),
        (["--set", " "], "say that everybody is meant"),
        (["--everybody", "--add", "8.8.8.8"], "give --add and --remove, or --set, or --everybody"),
        (["--set", "8.8.8.8", "--everybody"], "give --add and --remove, or --set, or --everybody"),
        (["--add", f"{HERE} 8.8.8.8"], "there is no answer on standard input: give --yes"),
    ],
)
def test_what_makes_no_sense_is_2_and_changes_nothing(run, arguments, told):
    done = ips(run, *arguments, status=2)

    assert told in done.stderr
    assert "everywhere" in ips(run).stdout


def lost(**error):
    from igamingace.errors import Timeout

    return Timeout(limit="total", seconds=30, operation="operators.update", may_have_arrived=True, **error)


def page():
    from igamingace.errors import Headers, ResponseSnapshot, UnexpectedResponse

    answer = ResponseSnapshot(200, Headers({}), "<html>")
    return UnexpectedResponse("HTML", operation="operators.update", retryable=False, response=answer)


@pytest.mark.parametrize(
    "error",
    [lost(retryable=True), lost(retryable=False), page(), ZeroDivisionError("by 0"), OSError("full")],
    ids=repr,
)
def test_a_change_that_may_have_been_made_is_3(run, monkeypatch, error):
    from igamingace_bindings.rest.api.operators import Operators

    real = Operators.update

    def done_and_lost(self, **given):
        real(self, **given)
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(Operators, "update", done_and_lost)
        done = ips(run, "--set", HERE, "--yes", status=3)

    assert "it is unknown whether the change was made: check before you try again" in done.stderr
    assert ips(run).stdout == f"{HERE}\n"


def test_a_list_that_cannot_be_read_is_1_for_nothing_was_changed(run, monkeypatch):
    from igamingace_bindings.rest.api.operators import Operators

    def unreadable(self):
        raise page()

    with monkeypatch.context() as patch:
        patch.setattr(Operators, "info", unreadable)
        done = ips(run, "--set", HERE, "--yes", status=1)

    assert "nobody knows" not in done.stderr


def test_a_change_that_locks_this_host_out_is_refused_and_the_way_back_told(run):
    ips(run, "--set", f"{HERE} 8.8.8.8", "--yes")

    refused = ips(run, "--remove", HERE, "--yes", status=2)

    assert "this locks out the host it runs on" in refused.stderr
    assert "`igamingace allowed-ips --account west-poor --add ADDRESS`" in refused.stderr
    assert "[Allowed IP] in Settings" in refused.stderr
    assert ips(run).stdout.split() == [HERE, "8.8.8.8"]


def test_it_locks_this_host_out_when_that_is_asked_for(run, sandbox):
    done = ips(run, "--set", "8.8.8.8", "--yes", "--lock-out")

    assert "Warning: this host is locked out: to come back, add its address" in done.stderr
    assert "IP_NOT_ALLOWED" in ips(run, status=1).stderr
    sandbox.account("west-poor").allowed_ips = ()


@pytest.mark.parametrize(
    ("own", "old", "new", "locked"),
    [
        ("203.0.113.7", "", "203.0.113.7", False),
        ("8.8.4.4", "", "8.8.8.8", True),
        ("8.8.4.4", "8.8.4.4 8.8.8.8", "8.8.8.8", True),
        ("10.0.0.7", "", "8.8.8.8", False),  # behind NAT: nobody here knows the public address
        ("10.0.0.7", "8.8.8.8 9.9.9.9", "9.9.9.9", False),  # it may be this one
        ("10.0.0.7", "8.8.8.8", "9.9.9.9", True),  # it was the only one
        ("10.0.0.7", "10.0.0.7 8.8.8.8", "8.8.8.8", True),
        (None, "8.8.8.8", "9.9.9.9", True),
        (None, "8.8.8.8", "8.8.8.8 9.9.9.9", False),
        ("8.8.4.4", "8.8.4.4", "", False),
    ],
)
def test_whether_this_host_is_locked_out_is_told_only_when_it_is_sure(monkeypatch, own, old, new, locked):
    monkeypatch.setattr(
        allowed_ips, "own_address", lambda _: None if own is None else ipaddress.ip_address(own)
    )

    assert allowed_ips.locks_out(AllowedAddresses(old), AllowedAddresses(new), "https://api") is locked


def test_the_own_address_is_that_of_the_way_to_the_server(sandbox, monkeypatch):
    assert str(allowed_ips.own_address(sandbox.url)) == HERE
    with monkeypatch.context() as behind_a_proxy:
        behind_a_proxy.setenv("HTTP_PROXY", "http://127.0.0.1:9")
        assert allowed_ips.own_address("http://api.example") is None
