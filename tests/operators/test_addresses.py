"""The [Allowed IP] field: read as the vendor has it, written in one spelling, never emptied by accident."""

import contextlib
import pickle
from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from igamingace.operators import AllowedAddresses, InvalidAddresses

V4 = st.ip_addresses(v=4)
ADDRESSES = st.lists(st.one_of(V4, st.ip_addresses(v=6)), max_size=12)
SPACE = st.sampled_from([" ", "\n", "\r\n", "\t", "  \n "])


def spelled(address: IPv4Address | IPv6Address) -> st.SearchStrategy[str]:
    if isinstance(address, IPv4Address):
        return st.sampled_from([str(address), f"::ffff:{address}"])
    return st.sampled_from([str(address), address.exploded, address.exploded.upper()])


@settings(deadline=None)
@given(ADDRESSES, st.data())
def test_every_spelling_is_read_once_in_one_spelling_and_in_order(addresses, data):
    text = "".join(data.draw(spelled(address)) + data.draw(SPACE) for address in addresses)

    found = AllowedAddresses(text)

    plain = [getattr(address, "ipv4_mapped", None) or address for address in addresses]
    assert [*found] == [*dict.fromkeys(map(str, plain))]
    assert AllowedAddresses(str(found)) == found
    assert AllowedAddresses([*found, *addresses]).addresses == found.addresses


@settings(deadline=None)
@given(ADDRESSES, ADDRESSES)
def test_a_change_is_what_leads_from_the_old_list_to_the_new(before, after):
    old, new = AllowedAddresses(before), AllowedAddresses(after)

    change = old.change_to(new)

    assert {*old}.difference(change.removed).union(change.added) == {*new}
    assert not {*change.added} & {*old}
    assert {*change.removed} <= {*old}
    assert bool(change) == (old != new)
    assert change.opens == (len(new) == 0 < len(old))
    assert change.closes == (len(old) == 0 < len(new))


@settings(deadline=None)
@given(st.lists(st.text(max_size=20), max_size=5))
def test_the_vendor_s_field_is_read_whatever_stands_in_it(entries):
    field = AllowedAddresses.read(entries)

    assert all(ip_address(address) for address in field)
    assert field.everybody == (not any(entry.split() for entry in entries))
    assert len(field.warnings()) >= len(field.unreadable)


@settings(deadline=None)
@given(st.text(max_size=40))
def test_what_a_user_gives_is_an_address_or_refused(text):
    readable = not AllowedAddresses.read([text]).unreadable

    with contextlib.nullcontext() if readable else pytest.raises(InvalidAddresses):
        assert bool(AllowedAddresses(text)) == bool(text.split())


@settings(deadline=None)
@given(ADDRESSES)
def test_an_empty_list_is_sent_only_when_everybody_is_asked_for(addresses):
    allowed = AllowedAddresses(addresses)
    right, wrong = (False, True) if addresses else (True, False)

    assert allowed.to_send(everybody=right) == [*allowed]
    with pytest.raises(InvalidAddresses, match="everybody"):
        allowed.to_send(everybody=wrong)


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ("10.0.0.0/8", "does not accept networks"),
        ("1.2.3.4,5.6.7.8", "separate addresses by spaces"),
        ("fe80::1%eth0", "has a zone"),
        ("casino.example", "not an IP address"),
        ("1.2.3.4:443", "not an IP address"),
        ("010.0.0.1", "not an IP address"),
    ],
)
def test_what_is_no_address_is_named_with_what_to_do(entry, told):
    with pytest.raises(InvalidAddresses, match=told) as caught:
        AllowedAddresses(f"8.8.8.8 {entry} 9.9.9.9")

    assert entry in str(caught.value)
    assert pickle.loads(pickle.dumps(caught.value)).problems == caught.value.problems


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("10.1.2.3", "private"),
        ("192.168.0.1", "private"),
        ("fd00::1", "private"),
        ("0.0.0.0", "unspecified"),
        ("::", "unspecified"),
        ("127.0.0.1", "loopback"),
        ("::1", "loopback"),
        ("fe80::1", "link-local"),
        ("169.254.1.1", "link-local"),
        ("224.0.0.1", "multicast"),
        ("240.0.0.1", "reserved"),
        ("100.64.0.1", "not a public address"),
        ("203.0.113.7", "for documentation"),
        ("2001:db8::1", "for documentation"),
    ],
)
def test_what_is_hardly_meant_is_warned_about(address, told):
    (warning,) = AllowedAddresses([address, "8.8.8.8", "2606:4700::1111"]).warnings()

    assert warning.startswith(f"{address}: ")
    assert told in warning


def test_addresses_are_added_at_the_end_and_taken_out():
    allowed = AllowedAddresses("8.8.8.8 9.9.9.9")

    assert [*allowed.with_added(["1.1.1.1", "::ffff:8.8.8.8"])] == ["8.8.8.8", "9.9.9.9", "1.1.1.1"]
    assert [*allowed.without(["::ffff:8.8.8.8"])] == ["9.9.9.9"]
    with pytest.raises(InvalidAddresses, match=r"1\.1\.1\.1 is not in the list"):
        allowed.without(["1.1.1.1"])


def test_what_cannot_be_read_goes_with_the_next_change():
    field = AllowedAddresses.read(["8.8.8.8 office", "office"])

    change = field.change_to(AllowedAddresses("8.8.8.8"))

    assert field.unreadable == ("office",)
    assert field.warnings() == ("'office': is not an address",)
    assert change.removed == ("office",)
    assert str(change) == "- office"


def test_a_list_is_a_sequence_that_compares_by_what_it_accepts():
    allowed = AllowedAddresses(["8.8.8.8", IPv6Address("2606::1")])

    assert allowed == AllowedAddresses("2606:0::1 8.8.8.8")
    assert hash(allowed) == hash(AllowedAddresses("2606:0::1 8.8.8.8"))
    assert allowed != ["8.8.8.8"]
    assert allowed[0] == "8.8.8.8"
    assert allowed[1:] == ("2606::1",)
    assert "2606:0::1" in allowed
    assert IPv4Address("8.8.8.8") in allowed
    assert 8 not in allowed  # type: ignore[comparison-overlap]
    assert repr(allowed) == "AllowedAddresses(['8.8.8.8', '2606::1'])"


@pytest.mark.parametrize("entry", [1, True, b"\x01\x02\x03\x04", None, 1.5])
def test_only_text_and_addresses_are_addresses(entry):
    with pytest.raises(InvalidAddresses, match="is not an IP address: give text"):
        AllowedAddresses([entry])

    assert entry not in AllowedAddresses(["0.0.0.1", "1.2.3.4"])
