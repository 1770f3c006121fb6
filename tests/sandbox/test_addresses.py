"""The [Allowed IP] field takes what the back office takes: several addresses, parted by spaces or lines."""

from __future__ import annotations

import pytest
from igamingace.sandbox._errors import SandboxError
from igamingace.sandbox.store.addresses import parse_allowed


def test_addresses_are_parted_by_spaces_and_lines_and_named_once():
    assert parse_allowed(["10.0.0.1 10.0.0.2\n::1", "", "10.0.0.1"], "list") == (
        "10.0.0.1",
        "10.0.0.2",
        "::1",
    )


def test_every_entry_that_is_no_address_is_named():
    with pytest.raises(SandboxError) as refused:
        parse_allowed(["10.0.0.1", "10.0.0.0/24 nonsense", "256.1.1.1"], "body.allowedIPs")

    assert refused.value.name == "PARAMETERS_INVALID"
    assert refused.value.message == (
        "body.allowedIPs[1]: '10.0.0.0/24' is not an IP address: "
        "the field does not accept networks; write each address of 10.0.0.0/24; "
        "body.allowedIPs[1]: 'nonsense' is not an IP address; "
        "body.allowedIPs[2]: '256.1.1.1' is not an IP address"
    )
