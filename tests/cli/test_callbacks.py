"""`igamingace callbacks sign` and `verify`: what they show, and how they end."""

from __future__ import annotations

import base64
import hmac
import json

import pytest
from igamingace.__main__ import program
from igamingace.callbacks import sign
from typer.testing import CliRunner

BODY = b'{"amount":1500,"currency":"USD","playerId":"user123","timestamp":1713792000}'
STRING = "1500,USD,user123,1713792000"
TOKEN = "my_super_secret_token"

ACCOUNTS = """
[[account]]
name = "east"
currency = "USD"
token_env = "TOKEN_OF_EAST"

[[account]]
name = "west"
currency = "EUR"
token_env = "TOKEN_OF_WEST"

[[account]]
name = "lost"
currency = "EUR"
token_env = "TOKEN_OF_LOST"
"""
TOKENS = {"TOKEN_OF_EAST": "e1" * 16, "TOKEN_OF_WEST": "a2" * 16}


@pytest.fixture
def environment(tmp_path, monkeypatch):
    """Set the token of the environment, and two of the three tokens of a file of accounts."""
    monkeypatch.chdir(tmp_path)
    for variable in ("IGAMINGACE_ACCOUNTS", "TOKEN_OF_LOST"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("IGAMINGACE_API_TOKEN", TOKEN)
    for variable, token in TOKENS.items():
        monkeypatch.setenv(variable, token)
    (tmp_path / "body.json").write_bytes(BODY)
    (tmp_path / "casino.toml").write_text(ACCOUNTS)
    return monkeypatch


@pytest.fixture
def run(environment):
    """Return a function that runs the program; no token may be in what it prints."""

    def run(*arguments, status=0, typed=b""):
        done = CliRunner().invoke(program(["callbacks"]), ["callbacks", *arguments], input=typed)
        assert done.exit_code == status, done.output
        assert not any(token in done.output for token in (TOKEN, *TOKENS.values()))
        assert "Traceback" not in done.output
        return done

    return run


def in_hex(message, token=TOKEN, algorithm="sha512"):
    return hmac.digest(token.encode(), message.encode(), algorithm).hex()


def test_sign_shows_the_string_its_bytes_the_digest_and_the_signature(run):
    told = run("sign", "body.json").stdout

    assert f"String that is signed: {STRING}\n" in told
    assert "Its bytes: 27, in hex\n    31 35 30 30 2c 55 53 44" in told
    assert f"HMAC-SHA512 in hex: {in_hex(STRING)}\n" in told
    assert f"Signature (base64): {sign(BODY, TOKEN)}\n" in told


@pytest.mark.parametrize("arguments", [[], ["-"]])
def test_sign_takes_standard_input_and_prints_json(run, arguments):
    document = json.loads(run("sign", *arguments, "--json", typed=BODY).stdout)

    assert document == {
        "ok": True,
        "string": STRING,
        "bytes": STRING.encode().hex(),
        "length": 27,
        "digest": in_hex(STRING),
        "signature": sign(BODY, TOKEN),
    }


def test_sign_takes_the_token_of_an_account(run):
    document = json.loads(run("sign", "body.json", "-f", "casino.toml", "-a", "west", "--json").stdout)

    assert document["signature"] == sign(BODY, TOKENS["TOKEN_OF_WEST"])


def test_control_characters_are_escaped_and_long_strings_are_cut(run):
    body = json.dumps({"a": "\x1b[31m\n" + "x" * 2000}).encode()

    told = run("sign", typed=body).stdout

    assert "String that is signed: \\x1b[31m\\nxxx" in told
    assert "\x1b" not in told
    assert "and 982 more: --json shows all" in told


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        (b"[1]", "the body is not one JSON object"),
        (b'{"a":{}}', "the body is nested: a callback is a flat object"),
        (b'{"a":"' + b"x" * 1_100_000 + b'"}', "the body has more than 1048576 bytes"),
    ],
)
@pytest.mark.parametrize("as_json", [[], ["--json"]])
def test_a_body_that_cannot_be_signed_is_2(run, typed, message, as_json):
    done = run("sign", *as_json, status=2, typed=typed)

    assert f"Error: {message}" in done.stderr
    assert not as_json or message in json.loads(done.stdout)["error"]


def test_a_file_that_is_not_there_is_2(run):
    assert run("sign", "no.json", status=2).stderr == "Error: no.json: No such file or directory\n"


@pytest.mark.parametrize("command", [["sign"], ["verify", "-s", "x"]])
def test_without_a_token_it_is_2(run, environment, command):
    environment.delenv("IGAMINGACE_API_TOKEN")

    done = run(*command, status=2, typed=BODY)

    assert "there is no token: set IGAMINGACE_API_TOKEN, or give --file and --account" in done.stderr


def test_a_valid_signature_is_0(run):
    told = run("verify", "body.json", "--signature", sign(BODY, TOKEN)).stdout

    assert f"String to be signed: {STRING}\n" in told
    assert told.endswith("Result: valid\n")


def test_a_mistake_is_1_and_named_beside_what_was_signed_and_what_is_to_be(run):
    told = run("verify", "body.json", "-s", in_hex("1500.00,USD,user123,1713792000"), status=1).stdout

    assert f"String to be signed: {STRING}\n" in told
    assert f"Signature (base64): {sign(BODY, TOKEN)}\n" in told
    assert "String that was signed: 1500.00,USD,user123,1713792000\n" in told
    assert "Result: not valid: the signature was made with hex instead of base64; numbers spelled" in told


def test_verify_prints_json(run):
    received = in_hex(STRING, algorithm="sha256")

    document = json.loads(run("verify", "--json", "-s", received, status=1, typed=BODY).stdout)

    assert document["ok"] is False
    assert [each["name"] for each in document["mistakes"]] == ["hex", "sha-256"]
    assert (document["complete"], document["received"], document["account"]) == (True, received, None)
    assert document["expected"]["signature"] == sign(BODY, TOKEN)
    assert document["signed"]["string"] == STRING


@pytest.mark.parametrize("signature", ["A" * 86 + "==", "", "\udcff\n\x1b"])
def test_a_signature_that_nothing_explains_is_1(run, signature):
    run("verify", "-s", signature, status=1, typed=BODY)
    document = json.loads(run("verify", "--json", "-s", signature, status=1, typed=BODY).stdout)

    assert document["mistakes"] == []
    assert document["result"].startswith("none of the usual mistakes explains the signature")


def test_white_space_in_the_variable_of_the_token_is_found(run, environment):
    environment.setenv("IGAMINGACE_API_TOKEN", f"{TOKEN}\n")

    document = json.loads(run("verify", "--json", "-s", sign(BODY, TOKEN), status=1, typed=BODY).stdout)

    assert [each["name"] for each in document["mistakes"]] == ["token-whitespace"]


@pytest.mark.parametrize("chosen", ["account", "environment"])
def test_the_token_of_another_account_of_the_file_is_found(run, environment, chosen):
    arguments = ["--file", "casino.toml", "--account", "east"]
    if chosen == "environment":
        environment.setenv("IGAMINGACE_ACCOUNTS", "casino.toml")
        arguments = []
    signature = sign(BODY, TOKENS["TOKEN_OF_WEST"])

    done = run("verify", *arguments, "--json", "-s", signature, status=1, typed=BODY)

    document = json.loads(done.stdout)
    assert [each["name"] for each in document["mistakes"]] == ["other-token"]
    assert document["account"] == "west"
    assert "the tokens of 1 other accounts cannot be read and were not tried" in done.stderr


def test_a_broken_file_of_accounts_does_not_stop_the_token_of_the_environment(run, environment, tmp_path):
    (tmp_path / "agents.toml").write_text("nonsense")

    done = run("verify", "-s", base64.b64encode(b"x" * 64).decode(), status=1, typed=BODY)

    assert "Warning: the tokens of other accounts were not tried" in done.stderr


def test_a_body_with_a_byte_order_mark_is_explained(run):
    told = run("verify", "-s", sign(BODY, TOKEN), status=1, typed=b"\xef\xbb\xbf" + BODY).stdout

    assert "Problem: the body is not JSON\n" in told
    assert "Result: not valid: the signature was made with a byte order mark (BOM)" in told


@pytest.mark.parametrize("command", ["sign", "verify"])
def test_help_has_an_example_and_the_statuses_and_no_option_takes_a_token(run, command):
    told = " ".join(run(command, "--help").stdout.split())

    assert f"Example: igamingace callbacks {command}" in told
    assert "Exit status: 0 " in told
    assert "--token" not in told
