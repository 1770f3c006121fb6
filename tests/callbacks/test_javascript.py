"""The documented JavaScript, run by Node.js, signs as `sign` does."""

import base64
import json
import os
import shutil
import subprocess
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from igamingace.callbacks import InvalidSignature, sign, verify

TOKEN = "my_super_secret_token"
DOCUMENTED = """
const crypto = require('crypto');
require('readline').createInterface({input: process.stdin}).on('line', line => {
  const body = JSON.parse(line);
  const text = Object.keys(body).sort().map(key => body[key]).join(',');
  const signature = crypto.createHmac('sha512', process.argv[1]).update(text).digest('base64');
  console.log(JSON.stringify({body: Buffer.from(JSON.stringify(body)).toString('base64'), signature}));
});
"""
NODE = shutil.which("node")

pytestmark = pytest.mark.skipif(
    NODE is None and os.environ.get("CI") != "true", reason="Node.js is not installed; CI must have it"
)


class JavaScript:
    """One Node.js process that signs objects with the documented code."""

    def __init__(self, process):
        self.process = process

    def sends(self, json_text):
        """Return the body and the signature that JavaScript sends for an object."""
        self.process.stdin.write(json_text.encode() + b"\n")
        self.process.stdin.flush()
        sent = json.loads(self.process.stdout.readline())
        return base64.b64decode(sent["body"]), sent["signature"]


@pytest.fixture(scope="module")
def javascript():
    with subprocess.Popen(
        [str(NODE), "-e", DOCUMENTED, TOKEN],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        yield JavaScript(process)
        process.stdin.close()


def no_astral(text):
    """JavaScript orders keys by UTF-16 units, which differs for characters above U+FFFF: see `sign`."""
    return all(character < "\U00010000" for character in text)


text = st.text(st.characters(exclude_categories=["Cs"]))
flat_objects = st.dictionaries(
    text.filter(no_astral),
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | text,
    max_size=12,
)


@given(flat_objects)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_flat_object_is_signed_alike(javascript, fields):
    body, signature = javascript.sends(json.dumps(fields))

    assert sign(body, TOKEN) == signature


@pytest.mark.parametrize(
    "written",
    [
        '{"amount":1500,"currency":"USD","playerId":"user123","timestamp":1713792000}',
        '{"amount":1500.00,"b":1e21,"c":1e-7,"d":0.1,"e":123456789012345680000,"f":-0}',
        '{"id":9007199254740993,"big":9223372036854775807,"tiny":5e-324,"huge":1.7976931348623157e308}',
        '{"a":true,"b":false,"c":null,"d":"","e":"null"}',
        '{"é":"ü","ключ":"значение","\\u0001":"\\u2028","z":"😀 \\" \\\\ / \\b\\f\\n\\r\\t","":"empty key"}',
        '{"10":"ten","9":"nine","01":"text","__proto__":"p","constructor":"c","toString":"t"}',
        '{"a":"1,2","b":"x:y"}',
    ],
)
def test_the_hard_cases_are_signed_alike(javascript, written):
    body, signature = javascript.sends(written)

    assert sign(body, TOKEN) == signature
    assert verify(body, signature, TOKEN) is None


LITERALS = st.one_of(
    st.decimals(allow_nan=False, allow_infinity=False, places=4).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(lambda number: f"{number:.3f}"),
    st.floats(allow_nan=False, allow_infinity=False).map(lambda number: f"{number:.17e}"),
    st.integers(-(2**53), 2**53).map(lambda number: f"{number}.000"),
)


@given(LITERALS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_what_another_sender_writes_and_signs_as_javascript_does_is_verified(javascript, literal):
    body = f'{{"a":{literal}}}'
    rewritten, signature = javascript.sends(body)
    is_exact = Decimal(literal) == Decimal(json.loads(rewritten, parse_int=str, parse_float=str)["a"])

    try:
        verify(body.encode(), signature, TOKEN)
    except InvalidSignature:
        assert not is_exact, "only a number that JavaScript changes is not verified"
