"""The conformance vectors: what spec/vectors makes, in the form of their schema, right and able to fail."""

import base64
import hashlib
import hmac
import json
import re
from collections import Counter
from decimal import Decimal

import jsonschema_rs
import pytest
from codegen import SPEC
from codegen.bundle import bundle
from igamingace.callbacks import InvalidSignature, verify
from vectors.files import WRITTEN_BY_HAND, differences

from tests.walletcheck import wallets

from .test_wallets import in_process
from .vectors import FOLDER, MANIFEST, SIGNATURES, TOKEN, WALLETS, load, request, run

FILES = sorted(
    path.name for path in FOLDER.glob("*.json") if path.name not in {"manifest.json", "schema.json"}
)
REQUIRED = [vector for vector in WALLETS if vector["level"] == "required"]
DOCUMENTED = json.dumps({"amount": 1500, "currency": "USD", "playerId": "user123", "timestamp": 1713792000})


@pytest.fixture(scope="module")
def version():
    """The contract's version."""
    return bundle(SPEC)["info"]["version"]


def test_the_files_are_what_is_made_today(version):
    assert differences(FOLDER, version) == []


def test_a_file_that_was_edited_or_is_left_over_or_missing_is_found(tmp_path, version):
    for path in FOLDER.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "cancel.json").write_text("{}")
    (tmp_path / "old.json").write_text("{}")
    (tmp_path / "README.md").unlink()

    assert differences(tmp_path, version) == [
        "cancel.json: stale",
        "README.md: missing",
        "old.json: nothing makes it",
    ]


@pytest.mark.parametrize("name", FILES)
def test_a_file_fits_its_schema(name):
    validator = jsonschema_rs.validator_for(load("schema.json"))

    assert [str(error) for error in validator.iter_errors(load(name))] == []


def test_the_manifest_names_every_file_with_its_checksum_and_its_count(version):
    assert sorted(MANIFEST["vectors"]) == FILES
    assert MANIFEST["contract"] == version
    assert set(MANIFEST["sha256"]) == {*FILES, *WRITTEN_BY_HAND}
    for name, digest in MANIFEST["sha256"].items():
        assert hashlib.sha256((FOLDER / name).read_bytes()).hexdigest() == digest
    for name, count in MANIFEST["vectors"].items():
        assert len(load(name)["vectors"]) == count
    assert sum(MANIFEST["vectors"].values()) >= 120


def test_no_id_occurs_in_two_vectors():
    names = Counter(each["id"] for each in (*SIGNATURES, *WALLETS))
    players = Counter(player["playerId"] for player in MANIFEST["players"])
    booked = Counter(key for vector in WALLETS for key in transactions(vector))

    assert [name for name, count in (names + players + booked).items() if count > 1] == []
    assert players.keys() == {each["playerId"] for vector in WALLETS for each in vector["before"]["players"]}


def transactions(vector):
    """Return the ids that a vector books."""
    return {
        each["transactionId"] for outcome in vector["outcomes"] for each in outcome["after"]["transactions"]
    }


@pytest.mark.parametrize("vector", SIGNATURES, ids=lambda vector: vector["id"])
def test_our_verify_agrees_with_each_signature(vector):
    body = base64.b64decode(vector["body"])
    if vector["valid"]:
        verify(body, vector["header"], vector["token"])
        digest = hmac.digest(vector["token"].encode(), vector["signed"].encode(), "sha512")
        assert base64.b64encode(digest).decode() == vector["header"]
    else:
        with pytest.raises(InvalidSignature):
            verify(body, vector["header"], vector["token"])


def test_the_documented_example_is_among_them():
    (found,) = [vector for vector in SIGNATURES if vector["id"] == "signature.documented"]

    assert found["token"] == "my_super_secret_token"
    assert json.loads(base64.b64decode(found["body"])) == json.loads(DOCUMENTED)
    assert found["signed"] == "1500,USD,user123,1713792000"


def test_the_signatures_in_the_guide_are_right():
    guide = (SPEC / "guide" / "callbacks.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\{.*\})` \| `(.*)` \| `(\S{88})` \|$", guide, re.MULTILINE)

    assert len(rows) >= 6
    for body, text, signature in rows:
        verify(body.encode(), signature, "my_super_secret_token")
        digest = hmac.digest(b"my_super_secret_token", text.encode(), "sha512")
        assert base64.b64encode(digest).decode() == signature


def test_what_is_refused_for_its_signature_alone_has_a_wrong_one_and_all_else_a_right_one():
    for vector in WALLETS:
        for index, step in enumerate(vector["steps"]):
            headers, body = request(step)
            signature = dict(headers).get(b"X-Request-Signature")
            codes = vector["outcomes"][0]["answers"][index].get("statusCode", [])
            try:
                verify(body, signature, TOKEN)
            except InvalidSignature:
                assert codes != ["OK"], vector["id"]
            else:
                assert codes != ["ERR_INTEGRITY_CHECK_FAILED"], vector["id"]


class Plain(wallets.RightWallet):
    """Does what is documented, and reads no other spelling."""

    def __init__(self):
        super().__init__()
        self.balances = {each["playerId"]: Decimal(each["balance"]) for each in MANIFEST["players"]}

    def validate(self, fields):
        if fields.get("currency") not in (None, "USD", "KWD", "JPY"):
            raise wallets.Refused("ERR_UNKNOWN")
        super().validate(fields)

    def close(self):
        """Nothing is open."""


class KeepsRefusedBets(Plain):
    """Notes a bet before it looks at the balance, and refunds it when its cancel comes."""

    async def cover(self, player, taken):
        if self.balances[player] < taken:
            self.note_refused(taken)
            raise wallets.Refused("ERR_NOT_ENOUGH_MONEY", self.balances[player])

    def note_refused(self, taken):
        self.booked[self.current] = ("bet", -taken)

    async def stake(self, player, fields, taken, paid):
        self.current = fields["transactionId"]
        return await super().stake(player, fields, taken, paid)


class ForgetsIds(Plain):
    """Knows the last id only."""

    def note(self, fields, change):
        self.booked = {fields["transactionId"]: (fields["command"], change)}


class Doubles(Plain):
    """Keeps ids as JavaScript does."""

    def identifier(self, literal):
        return int(float(literal))


class Cents(Plain):
    """Rounds to two digits."""

    def amount(self, literal):
        return round(Decimal(literal), 2)


class SignsParsed(Plain):
    """Signs numbers as its parser prints them."""

    def signed(self, value):
        return (
            repr(float(value))
            if isinstance(value, wallets.Literal) and "." in value
            else super().signed(value)
        )


def failing(wallet, vectors):
    """Return the ids of the vectors that a wallet fails."""
    with in_process(wallet) as post:
        return {vector["id"] for vector in vectors if isinstance(run(vector, post), list)}


@pytest.fixture(autouse=True)
def _same_token(monkeypatch):
    monkeypatch.setattr(wallets, "TOKEN", TOKEN)


def test_a_wallet_that_does_only_what_is_documented_passes_all_that_is_required():
    assert failing(Plain(), REQUIRED) == set()


@pytest.mark.parametrize(
    ("wallet", "some"),
    [
        (KeepsRefusedBets, {"cancel.refused_bet"}),
        (ForgetsIds, {"again.bet_later", "again.win_later", "cancel.of_none"}),
        (Doubles, {"again.neighbouring_ids", "cancel.neighbours"}),
        (Cents, {"amount.thousandths"}),
        (SignsParsed, {"spelling.literal_zeros"}),
    ],
)
def test_a_broken_wallet_fails_where_it_is_broken(wallet, some):
    found = failing(wallet(), REQUIRED)

    assert found >= some
    assert len(found) < len(REQUIRED) / 2
