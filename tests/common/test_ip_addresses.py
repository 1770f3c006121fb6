"""Every part of the package reads an address the same way."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_network

import pytest
from igamingace._common.ip_addresses import in_networks, parse_addresses, parse_host
from igamingace.errors import ConfigurationError
from igamingace.operators import AllowedAddresses, InvalidAddresses
from igamingace.sandbox._errors import SandboxError
from igamingace.sandbox.store.addresses import admits, parse_allowed


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("192.0.2.7", IPv4Address("192.0.2.7")),
        ("::ffff:192.0.2.7", IPv4Address("192.0.2.7")),
        ("2001:DB8::0:1", IPv6Address("2001:db8::1")),
        ("fe80::1%eth0", IPv6Address("fe80::1")),
        ("casino.example", None),
        ("", None),
        ("192.0.2.7:80", None),
    ],
)
def test_a_peer_is_an_address_or_none(host, address):
    assert parse_host(host) == address
    assert in_networks(host, [ip_network("0.0.0.0/0"), ip_network("::/0")]) == (address is not None)


@pytest.mark.parametrize(
    "entry", ["10.0.0.0/8", "1.2.3.4,5.6.7.8", "fe80::1%eth0", "casino.example", "1.2.3.4:443", "010.0.0.1"]
)
def test_a_list_is_refused_by_all_in_the_same_words(entry):
    (((index, problem),)) = parse_addresses(["8.8.8.8", entry])[1]

    assert index == 1
    assert problem.startswith(repr(entry))
    with pytest.raises(InvalidAddresses) as of_operators:
        AllowedAddresses(["8.8.8.8", entry])
    with pytest.raises(SandboxError) as of_sandbox:
        parse_allowed(["8.8.8.8", entry], "list")
    assert problem in str(of_operators.value)
    assert of_sandbox.value.message == f"list[1]: {problem}"
    assert issubclass(InvalidAddresses, ConfigurationError)


def test_a_list_admits_each_address_in_any_spelling():
    allowed = parse_allowed(["::ffff:192.0.2.7 2001:DB8::0:1"], "list")

    assert allowed == tuple(AllowedAddresses("192.0.2.7 2001:db8::1"))
    for caller in ("192.0.2.7", "::ffff:192.0.2.7", "2001:db8:0::1"):
        assert admits(allowed, caller)
    for other in ("192.0.2.8", None, "nobody"):
        assert not admits(allowed, other)
