"""A wrong signature is explained by the usual mistakes; a random one by none."""

import base64
import dataclasses
import hashlib
import hmac
import json
import os
import pickle
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from igamingace.callbacks import explain, sign, verify
from igamingace.callbacks._explanation import WORK, diagnose
from igamingace.callbacks._signing_mistakes import MAX_BODY, messages
from igamingace.errors import ConfigurationError

TOKEN = "60349266c8d9487eab7531b1a15d2480"
OTHER = "a1c5d2f0b4e84a0f9a4c3f7e2d1b0c9e"

BODY = (
    b'{"playerId":"user 1","command":"bet","transactionId":9007199254740993,"Zone":"\xc3\xa9",'
    b'"amount":1500,"bonusId":null,"isBonusBusy":false,"isFirst":true,"rate":2.50,"\xef\xac\x80":7,"\xf0\x9f\x8e\xb0":8}'
)
"""A callback with a value of each kind."""

ORDERED = "é,1500,,bet,false,true,user 1,2.50,9007199254740993,7,8"
"""What is to be signed of it: sorted are Zone, amount, bonusId, command, is…, playerId, rate and so on."""


def signed(message, token=TOKEN, algorithm="sha512", encode=base64.b64encode):
    key = token if isinstance(token, bytes) else token.encode()
    data = message if isinstance(message, bytes) else message.encode()
    return encode(hmac.digest(key, data, algorithm)).decode()


def to_hex(digest):
    return digest.hex().encode()


def names(found):
    return [mistake.name for mistake in found.mistakes]


def test_the_string_of_these_tests_is_what_is_to_be_signed():
    assert sign(BODY, TOKEN) == signed(ORDERED)


@pytest.mark.parametrize(
    ("mistake", "message"),
    [
        ("body-order", "user 1,bet,9007199254740993,é,1500,,false,true,2.50,7,8"),
        ("other-order", "1500,,bet,false,true,user 1,2.50,9007199254740993,é,7,8"),  # without regard to case
        ("other-order", ",".join(reversed(ORDERED.split(",")))),
        ("other-order", "é,1500,,bet,false,true,user 1,2.50,9007199254740993,8,7"),  # by UTF-16 units
        ("quoted", '"é",1500,,"bet",false,true,"user 1",2.50,9007199254740993,7,8'),
        ("quoted", ",".join(f'"{each}"' for each in ORDERED.split(","))),
        ("quoted", "'é',1500,,'bet',false,true,'user 1',2.50,9007199254740993,7,8"),
        ("booleans", "é,1500,,bet,0,1,user 1,2.50,9007199254740993,7,8"),
        ("booleans", "é,1500,,bet,False,True,user 1,2.50,9007199254740993,7,8"),
        ("booleans", "é,1500,,bet,,1,user 1,2.50,9007199254740993,7,8"),  # PHP's
        ("numbers", "é,1500.00,,bet,false,true,user 1,2.50,9007199254740993,7,8"),
        ("numbers", "é,1500.0,,bet,false,true,user 1,2.5,9007199254740993,7,8"),  # Python's
        ("rounded-numbers", "é,1500,,bet,false,true,user 1,2.5,9007199254740992,7,8"),  # JavaScript's
        ("null", "é,1500,null,bet,false,true,user 1,2.50,9007199254740993,7,8"),
        ("null", "é,1500,None,bet,false,true,user 1,2.50,9007199254740993,7,8"),
        ("null", "é,1500,bet,false,true,user 1,2.50,9007199254740993,7,8"),  # left out
        ("trailing-newline", f"{ORDERED}\n"),
        ("trailing-newline", f"{ORDERED}\r\n"),
        ("bom", f"\ufeff{ORDERED}"),
        ("separator", ORDERED.replace(",", "")),
        ("separator", ORDERED.replace(",", ", ")),
        ("url-encoded", "%C3%A9,1500,,bet,false,true,user%201,2.50,9007199254740993,7,8"),
        ("url-encoded", quote(BODY, safe="")),
        ("escaped", "\\u00e9,1500,,bet,false,true,user 1,2.50,9007199254740993,7,8"),
        ("whole-body", BODY),
        ("re-serialized-body", json.dumps(json.loads(BODY, parse_float=str)).replace('"2.50"', "2.50")),
        ("re-serialized-body", json.dumps(json.loads(BODY))),
        (
            "re-serialized-body",
            json.dumps(json.loads(BODY), separators=(",", ":"), ensure_ascii=False, sort_keys=True),
        ),
    ],
)
def test_a_mistake_in_the_string_is_recognised(mistake, message):
    found = explain(BODY, signed(message), TOKEN)

    assert not found.is_valid
    assert names(found) == [mistake]
    assert found.signed == (message if isinstance(message, bytes) else message.encode())
    assert found.message == ORDERED.encode()
    assert found.signature == sign(BODY, TOKEN)
    assert found.problem is None


@pytest.mark.parametrize(
    ("mistake", "body", "message"),
    [
        ("numbers", b'{"amount":1500,"timestamp":1713792000}', "1500.00,1713792000"),
        ("numbers", b'{"amount":1.5,"timestamp":1713792000}', "1.50,1713792000"),
        ("numbers", b'{"amount":12345678901234567.00,"timestamp":1}', "12345678901234567,1"),
        ("numbers", b'{"amount":1500,"timestamp":1713792000}', "1500.0,1713792000"),
        ("url-encoded", b'{"amount":5,"b":"x y"}', "amount=5&b=x+y"),
        ("url-encoded", b'{"b":"x y","amount":5}', "b=x y&amount=5"),
    ],
)
def test_a_spelling_of_numbers_and_forms_is_recognised(mistake, body, message):
    assert names(explain(body, signed(message), TOKEN)) == [mistake]


@pytest.mark.parametrize(
    ("mistakes", "options"),
    [
        (["hex"], {"encode": to_hex}),
        (["hex"], {"encode": lambda digest: digest.hex().upper().encode()}),
        (["hex-in-base64"], {"encode": lambda digest: base64.b64encode(to_hex(digest))}),
        (["base64-variant"], {"encode": lambda digest: base64.b64encode(digest).rstrip(b"=")}),
        (["sha-256"], {"algorithm": "sha256"}),
        (["sha-1"], {"algorithm": "sha1"}),
        (["hex", "sha-256"], {"algorithm": "sha256", "encode": to_hex}),
        (["hex", "sha-1"], {"algorithm": "sha1", "encode": to_hex}),
        (
            ["hex-in-base64", "sha-256"],
            {"algorithm": "sha256", "encode": lambda digest: base64.b64encode(to_hex(digest))},
        ),
        (["signature-whitespace"], {"encode": base64.encodebytes}),
    ],
)
def test_another_spelling_or_hash_is_recognised(mistakes, options):
    found = explain(BODY, signed(ORDERED, **options), TOKEN)

    assert names(found) == mistakes
    assert found.signed == ORDERED.encode()


def test_base64_for_urls_is_recognised():
    signature = next(
        signature
        for number in range(100)
        if {"-", "_"} & {*(signature := signed(f"{number}", encode=base64.urlsafe_b64encode))}
    )
    body = next(
        b'{"a":%d}' % n for n in range(100) if signed(f"{n}", encode=base64.urlsafe_b64encode) == signature
    )

    assert names(explain(body, signature, TOKEN)) == ["base64-variant"]


@pytest.mark.parametrize(
    ("mistake", "here", "there"),
    [
        ("token-whitespace", TOKEN, f"{TOKEN}\n"),
        ("token-whitespace", TOKEN, f"{TOKEN}\r\n"),
        ("token-whitespace", TOKEN, f" {TOKEN}"),
        ("token-whitespace", f"{TOKEN}\n", TOKEN),
        ("token-quoted", TOKEN, f'"{TOKEN}"'),
        ("token-decoded", TOKEN, bytes.fromhex(TOKEN)),
    ],
)
def test_a_token_with_something_around_it_is_recognised(mistake, here, there):
    assert names(explain(BODY, signed(ORDERED, there), here)) == [mistake]


def test_the_token_of_another_account_is_recognised_and_named():
    found = explain(BODY, signed(ORDERED, OTHER), TOKEN, other_tokens={"same": TOKEN, "west": OTHER})

    assert names(found) == ["other-token"]
    assert found.account == "west"
    assert "the token of another account (account 'west')" in str(found)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"\xef\xbb\xbf" + BODY, ORDERED),
        (quote(BODY, safe="").encode(), ORDERED),
        (urlencode({"b": "x y", "amount": "1.50"}).encode(), "1.50,x y"),
    ],
    ids=["bom", "percent-encoded", "form"],
)
def test_a_body_that_cannot_be_read_is_explained(body, message):
    found = explain(body, signed(message), TOKEN)

    assert names(found) == ["bom" if body.startswith(b"\xef") else "url-encoded"]
    assert found.problem is not None
    assert found.message is None
    assert found.signature is None
    assert found.signed == message.encode()


def test_a_key_with_a_lone_surrogate_does_no_harm():
    body = b'{"\\ud800":1,"a":2}'

    assert explain(body, sign(body, TOKEN), TOKEN).is_valid
    assert names(explain(body, signed("1,2"), TOKEN)) == ["body-order"]


def test_the_whole_of_a_nested_body_is_recognised():
    body = b'{"data":{"amount":5}}'

    assert names(explain(body, signed(body), TOKEN)) == ["whole-body"]


@pytest.mark.parametrize(
    ("mistakes", "signature"),
    [
        (["body-order", "booleans"], signed("user 1,bet,9007199254740993,é,1500,,0,1,2.50,7,8")),
        (["booleans", "null"], signed("é,1500,None,bet,False,True,user 1,2.50,9007199254740993,7,8")),
        (["token-whitespace", "trailing-newline"], signed(f"{ORDERED}\n", f"{TOKEN}\n")),
        (
            ["other-token", "booleans"],
            signed("é,1500,,bet,0,1,user 1,2.50,9007199254740993,7,8", OTHER),
        ),
        (["whole-body", "trailing-newline"], signed(BODY + b"\n")),
        (
            ["hex", "sha-256", "body-order"],
            signed(
                "user 1,bet,9007199254740993,é,1500,,false,true,2.50,7,8", algorithm="sha256", encode=to_hex
            ),
        ),
    ],
    ids=str,
)
def test_two_mistakes_together_are_recognised(mistakes, signature):
    assert names(explain(BODY, signature, TOKEN, other_tokens={"west": OTHER})) == mistakes


def test_a_valid_signature_is_valid_with_what_was_signed():
    body = b'{"amount":1500.00}'

    as_it_stands = explain(body, signed("1500.00"), TOKEN)
    as_javascript = explain(body, signed("1500"), [OTHER, TOKEN])

    assert (as_it_stands.is_valid, as_it_stands.signed, as_it_stands.account) == (True, b"1500.00", None)
    assert (as_javascript.is_valid, as_javascript.signed, as_javascript.account) == (True, b"1500", 1)
    assert str(as_javascript) == "the signature is valid (account 1)"
    assert not as_javascript.mistakes


def test_with_several_tokens_the_one_that_fits_is_named():
    found = explain(BODY, signed(ORDERED, OTHER, encode=to_hex), {"east": TOKEN, "west": OTHER})

    assert (names(found), found.account) == (["hex"], "west")
    assert found.signature is None  # of whom?


def documented_callbacks():
    """Bodies of any flat values, and of the kinds that a callback has."""
    values = st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text()
    )
    return st.dictionaries(st.text(), values, max_size=12).map(lambda fields: json.dumps(fields).encode())


@given(
    body=st.one_of(documented_callbacks(), st.binary(max_size=200)),
    digest=st.one_of(*(st.binary(min_size=size, max_size=size) for size in (20, 32, 64))),
    encode=st.sampled_from([base64.b64encode, base64.urlsafe_b64encode, to_hex]),
)
@settings(max_examples=40, deadline=None)
def test_no_mistake_is_claimed_for_a_random_signature(body, digest, encode):
    found = explain(body, encode(digest), TOKEN, other_tokens={"west": OTHER})

    assert not found.is_valid
    assert found.mistakes == ()
    assert found.signed is None
    assert found.account is None


@given(body=st.binary(max_size=200), signature=st.one_of(st.none(), st.text(), st.binary()))
@settings(max_examples=40, deadline=None)
def test_whatever_the_bytes_nothing_is_claimed_and_nothing_raised(body, signature):
    assert explain(body, signature, TOKEN).mistakes == ()


@given(body=documented_callbacks())
@settings(max_examples=25, deadline=None)
def test_what_verify_takes_is_valid_here_and_a_mistake_of_it_is_found_for_any_body(body):
    fields = json.loads(body)
    signature = sign(body, TOKEN) if "\\ud" not in body.decode() else None
    if signature is None:
        return  # lone surrogates may be in it, which nobody can sign
    verify(body, signature, TOKEN)

    assert explain(body, signature, TOKEN).is_valid
    assert names(explain(body, base64.b64decode(signature).hex(), TOKEN)) == ["hex"]
    assert explain(body, signed(body), TOKEN).mistakes or not fields


def test_another_body_s_signature_is_not_explained():
    found = explain(BODY, sign(BODY.replace(b"1500", b"1501"), TOKEN), TOKEN)

    assert (names(found), found.is_complete) == ([], True)
    assert str(found).startswith("none of the usual mistakes explains the signature")


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":"%s"}' % (b"x" * MAX_BODY),
        json.dumps({f"k{number}": number for number in range(100)}).encode(),
    ],
    ids=["too-long", "too-many-fields"],
)
def test_a_large_body_is_not_searched_and_that_is_said(body):
    found = explain(body, base64.b64encode(os.urandom(64)), TOKEN)

    assert not found.is_complete
    assert "not all could be tried" in str(found)
    assert sum(map(len, messages(body).by_count)) < 20


@pytest.mark.parametrize(
    "body",
    [
        json.dumps({f"k{number}": "\u00e9" * 35 for number in range(32)}).encode(),
        json.dumps({f"k{number}": True for number in range(32)}).encode(),
        b'{"amount":1e9999,"a":-1e-9999,"b":' + b"9" * 8_000 + b"}",
        b"a=b&" * 2000,
        b"%7B" * 2700,
        b"[" * 8_000,
    ],
    ids=["long-texts", "many-fields", "huge-numbers", "form", "percent", "nested"],
)
def test_the_work_is_bounded_whatever_the_body(body, monkeypatch):
    hashed = []
    digest = hmac.digest
    monkeypatch.setattr(
        "hmac.digest", lambda key, data, name: (hashed.append(len(data)), digest(key, data, name))[1]
    )

    explain(body, base64.b64encode(os.urandom(64)), TOKEN)

    assert len(hashed) <= 1500
    assert sum(hashed) <= WORK + 4 * MAX_BODY
    assert max(hashed, default=0) <= 4 * MAX_BODY


def test_many_tokens_do_not_multiply_the_work():
    tokens = [hashlib.sha256(b"%d" % number).hexdigest() for number in range(500)]

    found = diagnose(BODY, base64.b64encode(os.urandom(64)), tokens, {}, 2**20)

    assert not found.is_complete


def test_the_result_is_frozen_pickles_and_shows_no_secret():
    found = explain(BODY, signed(ORDERED, f"{TOKEN}\n", encode=to_hex), TOKEN, other_tokens={"west": OTHER})

    assert names(found) == ["hex", "token-whitespace"]
    assert pickle.loads(pickle.dumps(found)) == found
    for told in (repr(found), str(found)):
        assert TOKEN not in told
        assert OTHER not in told
        assert "user 1" not in told
        assert str(found.signature) not in told
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.account = "x"  # type: ignore[misc] # that is the test


@pytest.mark.parametrize(
    ("token", "others"),
    [("", {}), ([], {}), (5, {}), (TOKEN, {"west": " "}), (TOKEN, {"west": "\ud800"}), (TOKEN, [OTHER])],
)
def test_what_is_no_token_is_an_error(token, others):
    with pytest.raises(ConfigurationError):
        explain(BODY, "x", token, other_tokens=others)


@pytest.mark.parametrize("signature", [5, [], object()])
def test_what_is_no_signature_is_explained(signature):
    found = explain(BODY, signature, TOKEN)

    assert not found.is_valid
    assert "is not one signature of 88 base64 characters" in str(found.problem)


def test_the_body_as_text_is_an_error():
    with pytest.raises(TypeError):
        explain(BODY.decode(), "x", TOKEN)  # type: ignore[arg-type] # that is the test
