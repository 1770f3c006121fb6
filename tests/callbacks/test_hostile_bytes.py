"""Whatever the bytes, only the declared errors come out."""

import json

from hypothesis import example, given, settings
from hypothesis import strategies as st
from igamingace.callbacks import Bet, InvalidCallback, InvalidSignature, UnsignableBody, parse, sign, verify

TOKEN = "60349266c8d9487eab7531b1a15d2480"
BET = (
    '{"command":"bet","transactionId":7300120045001,"playerId":"user123","roundId":7300120045000,"providerId":1,'
    '"gameCode":655,"currency":"USD","amount":1500.00,"isBonusBusy":false,"bonusId":0,"timestamp":1713792000}'
)

anything = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.integers(), max_size=2)
)
literals = (
    st.sampled_from(
        [
            "1e99999999999999999999",
            "1e-999999999999999999999",
            "-0",
            "0e-5000",
            "1E400",
            "1.0",
            "NaN",
            "null",
            "true",
            '""',
            '"\\ud800"',
            "[]",
            "{}",
        ]
    )
    | st.integers(-(10**25), 10**25).map(str)
    | st.decimals(allow_nan=False, allow_infinity=False).map(str)
    | st.sampled_from(["9" * 4301, "1" * 50_000, "-" + "9" * 5000, "0." + "1" * 5000])
    | anything.map(json.dumps)
)
attributes = sorted(Bet.model_fields)
keys = st.sampled_from(list(json.loads(BET))) | st.sampled_from(attributes) | st.text(max_size=5)


@settings(deadline=None)
@given(body=st.binary(), signature=st.none() | st.text() | st.binary())
@example(body=b'{"a":1}', signature="A" * 88)
@example(body=b'{"a":1e-999999999999999999999}', signature="A" * 88)
@example(body=b'{"a":0e999999999999999999999}', signature="A" * 88)
def test_verify_raises_nothing_but_invalid_signature(body, signature):
    try:
        verify(body, signature, TOKEN)
    except InvalidSignature:
        return
    raise AssertionError("a forged callback passed")


@settings(deadline=None)
@given(body=st.binary() | anything.map(lambda value: json.dumps(value).encode()))
def test_sign_raises_nothing_but_unsignable_body(body):
    try:
        signature = sign(body, TOKEN)
    except UnsignableBody:
        return
    verify(body, signature, TOKEN)


@settings(deadline=None)
@given(changes=st.dictionaries(keys, literals, max_size=4), dropped=st.sets(keys, max_size=2))
@example(changes={"command": '"win"'}, dropped=set())
@example(changes={"command": "[]"}, dropped=set())
@example(changes={"round_id": "true"}, dropped={"roundId"})
@example(changes={"transaction_id": "2"}, dropped={"transactionId"})
@example(changes={"timestamp": "999999999999999999"}, dropped=set())
@example(changes={"timestamp": "9" * 40}, dropped=set())
@example(changes={"amount": "1e1001"}, dropped=set())
@example(changes={"extra": "1e99999999999999999999"}, dropped=set())
@example(changes={"extra": '"\\udc00"'}, dropped=set())
def test_parse_of_a_signed_body_gives_a_callback_or_one_of_two_errors(changes, dropped):
    fields = {
        key: json.dumps(value) for key, value in json.loads(BET).items() if key not in dropped
    } | changes
    body = ("{" + ",".join(f"{json.dumps(key)}:{value}" for key, value in fields.items()) + "}").encode()
    try:
        signature = sign(body, TOKEN)
    except UnsignableBody:
        signature = "A" * 88
    try:
        callback = parse(body, signature, TOKEN)
    except (InvalidCallback, InvalidSignature):
        return
    assert callback.amount is not None
    assert callback.amount >= 0


@settings(deadline=None)
@given(st.integers(0, len(BET) - 1), st.binary(max_size=3))
@example(BET.index("currency") + 7, b"x")  # the vendor's scheme does not sign the names of the fields
@example(BET.index("1500.00"), b"1501")
def test_a_signed_body_with_some_bytes_changed_never_means_something_else(place, put):
    body = BET.encode()
    changed = body[:place] + put + body[place + len(put) :]
    signature = sign(body, TOKEN)
    try:
        callback = parse(changed, signature, TOKEN)
    except (InvalidSignature, InvalidCallback):
        return
    assert callback.fingerprint == parse(body, signature, TOKEN).fingerprint
