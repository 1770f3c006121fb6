"""Reads the published vectors, and runs them against a wallet as their README tells a partner to."""

import base64
import json
from decimal import Decimal

from codegen import SPEC

FOLDER = SPEC / "conformance"


def load(name):
    """Return what a file holds."""
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))


MANIFEST = load("manifest.json")
TOKEN = MANIFEST["token"]
WALLETS = [vector for name in MANIFEST["wallets"] for vector in load(name)["vectors"]]
SIGNATURES = load(MANIFEST["signatures"])["vectors"]


def request(step):
    """Return the headers and the body of a step, in bytes."""
    headers = [(name.encode(), value.encode("latin-1")) for name, value in step["headers"].items()]
    return headers, base64.b64decode(step["body"])


def run(vector, post, bookings=None):
    """Run a vector; return the index of the outcome that fits, or what is wrong with each of them.

    `post(headers, body)` returns the HTTP status and the body of the answer; `bookings(players)` the state
    of each transactionId, where one can look.
    """
    answers = [post(*request(step)) for step in vector["steps"]]
    balances = {each["playerId"]: read(post(*request(each)))[2] for each in vector["balances"]}
    states = None if bookings is None else bookings(list(balances))
    found = []
    for index, outcome in enumerate(vector["outcomes"]):
        wrong = list(differences(outcome, answers, balances, states))
        if not wrong:
            return index
        found.append(wrong)
    return found


def read(answer):
    """Return HTTP status, statusCode and balance of an answer."""
    status, body = answer
    try:
        fields = json.loads(body, parse_float=Decimal, parse_int=Decimal)
    except ValueError:
        return status, None, None
    return status, fields.get("statusCode"), fields.get("balance")


def differences(outcome, answers, balances, states):
    for number, (rule, answer) in enumerate(zip(outcome["answers"], answers, strict=True), 1):
        status, code, balance = read(answer)
        if status != rule["httpStatus"]:
            yield f"step {number}: HTTP {status}"
        if code not in rule.get("statusCode", [code]) or code in rule.get("statusCodeNot", []):
            yield f"step {number}: {code}, but {rule}"
        if "balance" in rule and balance != Decimal(rule["balance"]):
            yield f"step {number}: balance {balance}, but {rule['balance']}"
    for player in outcome["after"]["players"]:
        if balances[player["playerId"]] != Decimal(player["balance"]):
            yield f"afterwards: balance {balances[player['playerId']]}, but {player['balance']}"
    if states is not None:
        expected = {each["transactionId"]: each["state"] for each in outcome["after"]["transactions"]}
        booked = {key: states[key] for key in expected if key in states}
        if booked != expected:
            yield f"afterwards: {booked}, but {expected}"
