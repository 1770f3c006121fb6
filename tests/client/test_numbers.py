"""Numbers go out and come in with exactly the digits they have."""

from __future__ import annotations

from decimal import Decimal

import pytest
from igamingace import errors
from igamingace._common import json as exact_json
from igamingace._common.secret import Secret


@pytest.mark.parametrize(
    ("number", "literal"),
    [
        (Decimal("10.50"), b"10.50"),
        (Decimal("0.1"), b"0.1"),
        (Decimal("1E+2"), b"1E+2"),
        (Decimal("-0.00"), b"-0.00"),
        (Decimal("12345678901234567890.123456789"), b"12345678901234567890.123456789"),
        (2**63 - 1, b"9223372036854775807"),
        (10**30, b"1" + b"0" * 30),
    ],
)
def test_a_number_goes_out_as_it_is_and_comes_back_equal(number, literal):
    body = exact_json.encode_request(Secret({"amount": number}))

    assert body == b'{"amount":' + literal + b"}"
    assert exact_json.decode(body) == {"amount": number}


@pytest.mark.parametrize(
    "number", [Decimal("NaN"), Decimal("sNaN"), Decimal("Infinity"), Decimal("-Infinity")]
)
@pytest.mark.parametrize("wrap", [lambda n: n, lambda n: {"spinAmount": n}, lambda n: [1, n]])
def test_what_is_no_number_is_refused_with_its_place(number, wrap):
    with pytest.raises(errors.InvalidArgument, match=r"amount.* only finite numbers"):
        exact_json.encode_request(Secret({"amount": wrap(number)}))


@pytest.mark.parametrize("number", [10.5, float("nan"), float("inf")])
def test_a_float_is_refused_for_it_is_not_exact(number):
    with pytest.raises(errors.InvalidArgument, match="give a Decimal"):
        exact_json.encode_request(Secret({"amount": number}))


@pytest.mark.parametrize("value", [object(), "\ud800", {1, object()}])
def test_what_has_no_json_form_is_refused(value):
    with pytest.raises(errors.InvalidArgument, match="cannot be written as JSON"):
        exact_json.encode_request(Secret({"playerId": value}))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"NaN",
        b"\xff",
        b"[" * 100_000,
        b"1e4300",
        b"1e-4300",
        b"9" * 4301,
        b"0e-4300",
        b"1." + b"0" * 4300 + b"1",
        b"1e99999",
        b"1e-99999",
        b"1e9999999999999999999",
        b"7" * 9999,
    ],
)
def test_what_cannot_be_read_is_one_kind_of_error(body):
    with pytest.raises(ValueError, match=r"."):
        exact_json.decode(body)


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'\xef\xbb\xbf{"name": "Nova"}', {"name": "Nova"}),
        (rb'{"name": "Nova \ud83c"}', {"name": "Nova \ufffd"}),
        (rb'{"name": "\udfb0\ud83c"}', {"name": "\ufffd\ufffd"}),
        (rb'{"name": "\ud83c\udfb0 \ud83c"}', {"name": "\U0001f3b0 \ufffd"}),
        (rb'{"name": "\\ud83c"}', {"name": r"\ud83c"}),
        (rb'{"name": "\\\ud83c", "amount": 1.10}', {"name": "\\\ufffd", "amount": Decimal("1.10")}),
    ],
    ids=[
        "byte order mark",
        "half",
        "halves the wrong way round",
        "whole and half",
        "none",
        "after a backslash",
    ],
)
def test_what_servers_get_wrong_in_texts_loses_no_response(body, value):
    assert exact_json.decode_response(body) == value


@pytest.mark.parametrize(
    "body", [rb'{"name": "\ud8', b'{"name": "\xed\xa0\xbc"}', b"\xef\xbb\xbf", b"\\ud83c"]
)
def test_what_is_no_json_stays_none(body):
    with pytest.raises(ValueError, match=r"."):
        exact_json.decode_response(body)
