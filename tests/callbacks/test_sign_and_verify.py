"""Signatures: what is signed, who signed it, and that nothing else passes."""

import base64
import gzip
import hashlib
import hmac
import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from igamingace.callbacks import InvalidSignature, UnsignableBody, _signature, sign, verify
from igamingace.callbacks._hmac import compute_signature
from igamingace.callbacks._json import MAX_BODY, parse_flat_object, signing_input
from igamingace.errors import ConfigurationError

TOKEN = "my_super_secret_token"
DOCUMENTED = b'{"amount":1500,"currency":"USD","playerId":"user123","timestamp":1713792000}'


def what_is_signed(body):
    return signing_input(parse_flat_object(body)).decode()


def hmac_of(text, token=TOKEN):
    return base64.b64encode(hmac.digest(token.encode(), text.encode(), "sha512")).decode()


def test_the_documented_example_signs_the_documented_string():
    assert sign(DOCUMENTED, TOKEN) == hmac_of("1500,USD,user123,1713792000")


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ('{"a":1500.00}', "1500.00"),
        ('{"a":1e2}', "1e2"),
        ('{"a":1E+2}', "1E+2"),
        ('{"a":-0}', "-0"),
        ('{"a":-0.0}', "-0.0"),
        ('{"a":9223372036854775807}', "9223372036854775807"),
        ('{"a":' + "9" * 5000 + "}", "9" * 5000),
        ('{"a":1e400}', "1e400"),
        ('{"a":true,"b":false,"c":null}', "true,false,"),
        ('{"b":2,"a":1,"B":3,"_":4}', "3,4,1,2"),
        ('{"a":"\\u00e9\\n\\"\\/\\ud83d\\ude00"}', 'é\n"/😀'),
        ('{"\\u0062":1,"a":2}', "2,1"),
        ('{"a":"x,y","b":""}', "x,y,"),
        ('\t\r\n {"a" : 1 ,\n"b":"c:d"} \n', "1,c:d"),
        ("{}", ""),
    ],
)
def test_values_are_signed_as_their_literals_stand_ordered_by_key(body, text):
    assert what_is_signed(body.encode()) == text
    assert sign(body.encode(), TOKEN) == hmac_of(text)


def test_keys_are_ordered_by_code_point_even_where_javascript_differs():
    assert what_is_signed('{"\U0001f600":"astral","\ufffd":"replacement"}'.encode()) == "replacement,astral"


@pytest.mark.parametrize("token", ["k", "k" * 128, "k" * 129, "ключ", "a b"])
def test_a_key_of_any_length_is_hmac_s(token):
    assert sign(DOCUMENTED, token) == hmac_of("1500,USD,user123,1713792000", token)


@pytest.mark.parametrize("as_sent", [str, str.encode])
def test_a_signature_passes_as_text_and_as_bytes(as_sent):
    assert verify(DOCUMENTED, as_sent(sign(DOCUMENTED, TOKEN)), TOKEN) is None


def test_a_body_in_a_bytearray_is_verified_too():
    assert verify(bytearray(DOCUMENTED), sign(DOCUMENTED, TOKEN), TOKEN) is None  # type: ignore[call-overload]


def test_text_in_place_of_the_body_s_bytes_is_a_programmer_s_error():
    with pytest.raises(TypeError, match="body is str: give the request's bytes as they came"):
        verify(DOCUMENTED.decode(), sign(DOCUMENTED, TOKEN), TOKEN)  # type: ignore[call-overload]


@pytest.mark.parametrize(
    "changed",
    [
        DOCUMENTED.replace(b"1500", b"1501"),
        DOCUMENTED.replace(b"1500", b"1500.01"),
        DOCUMENTED.replace(b"1500", b"1500.10"),  # which JavaScript writes otherwise
        DOCUMENTED.replace(b"user123", b"user124"),
        DOCUMENTED[:-1] + b',"x":1}',
    ],
)
def test_a_changed_body_does_not_pass(changed):
    with pytest.raises(InvalidSignature, match=r"^the signature does not match this body and this token$"):
        verify(changed, sign(DOCUMENTED, TOKEN), TOKEN)


GOOD = sign(DOCUMENTED, TOKEN)


@pytest.mark.parametrize(
    "signature",
    [
        None,
        "",
        b"",
        "x",
        GOOD[:-1],
        GOOD + "=",
        GOOD + "\n",
        " " + GOOD,
        GOOD + ", " + GOOD,
        GOOD[:-1] + "é",
        GOOD.lower(),
        GOOD.replace("+", "-").replace("/", "_"),
        "é" * 88,
        b"\xff" * 88,
        "\ud800" * 88,
        "*" * 88,
        88 * b"\x00",
        12,
        [GOOD],
        hmac_of("", TOKEN),
    ],
)
def test_a_signature_of_another_form_does_not_pass(signature):
    with pytest.raises(InvalidSignature):
        verify(DOCUMENTED, signature, TOKEN)


@pytest.mark.parametrize("signature", [None, "", GOOD[:-1], GOOD * 2])
def test_a_body_is_not_even_read_when_its_signature_has_another_form(signature):
    with pytest.raises(InvalidSignature, match="header"):
        verify(b"no JSON", signature, TOKEN)


def test_another_spelling_of_the_same_base64_does_not_pass():
    last = GOOD[85]
    twin = GOOD[:85] + chr(ord(last) + 1) + "=="
    assert base64.b64decode(twin) == base64.b64decode(GOOD)

    with pytest.raises(InvalidSignature):
        verify(DOCUMENTED, twin, TOKEN)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"1",
        b'"text"',
        b"[]",
        b"[1,2]",
        b"{",
        b'{"a":1',
        b'{"a":1}x',
        b'{"a":1}{"a":1}',
        b'{"a":1,}',
        b'{"a":01}',
        b'{"a":+1}',
        b'{"a":.5}',
        b"{'a':1}",
        b'{"a":"\n"}',
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"a":-Infinity}',
        b'{"a":{}}',
        b'{"a":[]}',
        b'{"a":{"b":1}}',
        b'{"a":[1]}',
        b'{"a":1,"a":1}',
        b'{"a":1,"a" :1}',
        b'{"a":1,"\\u0061":2}',
        b'{"a":"b:c","a":2}',
        b'{"a":"\\ud800"}',
        b'{"a":"\xff"}',
        b'{"a":"\xed\xa0\x80"}',
        b'\xef\xbb\xbf{"a":1}',
        '{"a":1}'.encode("utf-16"),
        '{"a":1}'.encode("utf-32"),
        b'\xc2\xa0{"a":1}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"a":' + b"[" * 50_000 + b"]" * 50_000 + b"}",
        b" " * 10_000_000,
        b'{"a":"' + b"x" * MAX_BODY + b'"}',
    ],
    ids=lambda body: re.sub(r"\W", "_", repr(body[:24])),  # such as a command line can name
)
def test_what_is_no_flat_object_has_no_signature(body):
    with pytest.raises(UnsignableBody) as refused:
        sign(body, TOKEN)
    with pytest.raises(InvalidSignature) as invalid:
        verify(body, GOOD, TOKEN)

    assert str(refused.value) == str(invalid.value)


def test_a_body_that_repeats_a_key_is_seen_through_whatever_colons_its_strings_have():
    assert what_is_signed(b'{"a":"::","b":":"}') == "::,:"
    with pytest.raises(UnsignableBody, match="duplicate key"):
        sign(b'{"a":1,"b":":","a":2}', TOKEN)


@settings(deadline=None)
@given(
    st.dictionaries(
        st.text(),
        st.none()
        | st.booleans()
        | st.integers()
        | st.text()
        | st.floats(allow_nan=False, allow_infinity=False),
    )
)
def test_what_is_signed_is_what_a_plain_reading_of_the_rule_gives(fields):
    literals = {key: value if isinstance(value, str) else json.dumps(value) for key, value in fields.items()}
    literals.update({key: "" for key, value in fields.items() if value is None})
    plain = ",".join(literals[key] for key in sorted(literals))

    assert what_is_signed(json.dumps(fields).encode()) == plain
    assert what_is_signed(json.dumps(fields, ensure_ascii=False, indent=1).encode()) == plain


def test_of_several_tokens_the_one_that_signed_is_told():
    signature = sign(DOCUMENTED, "new")

    assert verify(DOCUMENTED, signature, ["old", "new"]) == 1
    assert verify(DOCUMENTED, signature, ("new", "old")) == 0
    assert verify(DOCUMENTED, signature, {"casino-a": "old", "casino-b": "new"}) == "casino-b"
    with pytest.raises(InvalidSignature):
        verify(DOCUMENTED, signature, ["old", "older"])


@pytest.mark.parametrize("signer", [0, 1, 2])
def test_every_token_is_tried_so_that_the_time_taken_tells_nothing(monkeypatch, signer):
    tokens, tried = ["a", "b", "c"], []

    def counted(key, message):
        tried.append(key)
        return compute_signature(key, message)

    monkeypatch.setattr(_signature, "compute_signature", counted)

    assert verify(DOCUMENTED, sign(DOCUMENTED, tokens[signer]), tokens) == signer
    assert len(set(tried[-3:])) == 3


@pytest.mark.parametrize("token", ["", "  ", [], {}, [""], {"a": ""}, None, b"bytes", ["a", None], "\ud800"])
def test_without_a_token_nothing_is_verified(token):
    empty = base64.b64encode(hmac.digest(b"", b"1500,USD,user123,1713792000", hashlib.sha512)).decode()

    with pytest.raises((ConfigurationError, TypeError)):
        verify(DOCUMENTED, empty, token)


def test_a_refusal_shows_neither_token_nor_signature_nor_body():
    with pytest.raises(InvalidSignature) as refused:
        verify(DOCUMENTED, sign(DOCUMENTED, "other"), TOKEN)

    told = repr(refused.value) + repr(vars(refused.value))
    assert TOKEN not in told
    assert GOOD not in told
    assert "user123" not in told


@pytest.mark.parametrize(
    ("sent", "signed"),
    [
        ("1500.00", "1500"),
        ("1500.0", "1500"),
        ("10.50", "10.5"),
        ("1e2", "100"),
        ("1E+2", "100"),
        ("-0", "0"),
        ("0.00", "0"),
        ("0.10", "0.1"),
        ("1e-7", "1e-7"),
        ("0.0000001", "1e-7"),
        ("0.000001", "0.000001"),
        ("1e20", "100000000000000000000"),
        ("1e21", "1e+21"),
        ("1000000000000000000000", "1e+21"),
        ("15e20", "1.5e+21"),
        ("-12.50", "-12.5"),
    ],
)
def test_a_number_may_be_signed_as_javascript_writes_it(sent, signed):
    body = f'{{"amount":{sent},"playerId":"user123"}}'.encode()
    signature = sign(f'{{"amount":"{signed}","playerId":"user123"}}'.encode(), TOKEN)

    assert verify(body, signature, TOKEN) is None
    assert verify(body, sign(body, TOKEN), TOKEN) is None, "its literal comes first"
    assert verify(body, signature, ["another", TOKEN]) == 1


@pytest.mark.parametrize(
    ("sent", "signed"),
    [
        ("9007199254740993", "9007199254740992"),
        ("7300120045001000001", "7300120045001000000"),
        ("0.30000000000000004441", "0.30000000000000004"),
        ("1e400", "Infinity"),
        ("1e-400", "0"),
    ],
)
def test_the_signature_of_one_number_never_fits_another(sent, signed):
    signature = sign(f'{{"amount":"{signed}"}}'.encode(), TOKEN)

    with pytest.raises(InvalidSignature):
        verify(f'{{"amount":{sent}}}'.encode(), signature, TOKEN)


def test_a_compressed_body_is_named_as_such():
    body = gzip.compress(DOCUMENTED)

    with pytest.raises(InvalidSignature, match="gzip-compressed"):
        verify(body, sign(DOCUMENTED, TOKEN), TOKEN)
    with pytest.raises(UnsignableBody, match="gzip-compressed"):
        sign(body, TOKEN)


@pytest.mark.parametrize("command", ["bet", "win", "betwin", "balance", "cancel", "other", None, 5])
@pytest.mark.parametrize(
    "renamed", [{}, {"timestamp": "zz"}, {"timestamp": "aa"}, {"playerId": "player"}], ids=str
)
def test_the_values_are_in_the_order_of_their_keys_whatever_the_keys(callback, command, renamed):
    for body in (callback("bet", command=command), callback("balance", command=command), callback("cancel")):
        fields = {renamed.get(name, name): value for name, value in json.loads(body).items()}
        as_text = {True: "true", False: "false", None: ""}
        values = [
            as_text[fields[key]]
            if fields[key] in (True, False, None) and fields[key].__class__ is not int
            else str(fields[key])
            for key in sorted(fields)
        ]
        assert what_is_signed(json.dumps(fields).encode()) == ",".join(values)
