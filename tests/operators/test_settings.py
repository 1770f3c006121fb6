"""The allowed addresses of an account, read and written."""

import pytest
from igamingace.operators import AllowedAddresses, InvalidAddresses


def test_allowed_addresses_are_read_and_written_where_they_differ(use, sandbox):
    there = sandbox.app.runtime.state.accounts["id-lotus"]
    there.allowed_ips = ("127.0.0.1",)

    change = use(
        lambda operator: operator.set_allowed_ips("lotus", ["127.0.0.1", "203.0.113.9", "203.0.113.9"])
    )

    assert (change.added, change.removed) == (("203.0.113.9",), ())
    assert there.allowed_ips == ("127.0.0.1", "203.0.113.9")
    assert use(lambda operator: operator.allowed_ips("lotus")) == AllowedAddresses(there.allowed_ips)


def test_the_same_addresses_are_not_written_again(use, sandbox):
    sandbox.app.runtime.state.accounts["id-lotus"].allowed_ips = ("127.0.0.1",)

    assert not use(lambda operator: operator.set_allowed_ips("lotus", "127.0.0.1"))
    assert sandbox.stats()["agents"]["id-lotus"]["accepted"] == 1


def test_everybody_is_let_in_only_when_asked_for_by_name(use, sandbox):
    there = sandbox.app.runtime.state.accounts["id-lotus"]
    there.allowed_ips = ("127.0.0.1",)

    with pytest.raises(InvalidAddresses):
        use(lambda operator: operator.set_allowed_ips("lotus", []))
    assert there.allowed_ips == ("127.0.0.1",)

    assert use(lambda operator: operator.set_allowed_ips("lotus", [], everybody=True)).opens
    assert there.allowed_ips == ()


def test_addresses_that_are_hardly_meant_are_warned_about(use, caplog):
    use(lambda operator: operator.set_allowed_ips("lotus", "127.0.0.1 8.8.8.8 0.0.0.0"))

    assert [record.levelname for record in caplog.records] == ["WARNING"] * 2
    assert "allowed addresses of 'lotus': 127.0.0.1: is the loopback address" in caplog.text
    assert "allowed addresses of 'lotus': 0.0.0.0: is the unspecified address" in caplog.text


@pytest.mark.parametrize("addresses", ["", [], " \n"])
def test_both_ways_are_told_where_no_address_is_given(use, sandbox, addresses):
    with pytest.raises(InvalidAddresses, match=r"give the addresses .* or say that everybody is meant"):
        use(lambda operator: operator.set_allowed_ips("lotus", addresses))

    assert sandbox.stats()["agents"]["id-lotus"]["accepted"] == 0
