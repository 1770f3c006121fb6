"""The sandbox as the program that people start."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys

import httpx2
import pytest
from igamingace._common.extras import install_hint
from igamingace.operators import Operator

from .conftest import HEADERS

LIST = "/v1/provider/list"
DEMO = ["bigoperator", "mycasino", "bigoperator-eu", "mycasino-eu", "bigoperator-kr", "mycasino-kr"]
PROGRAMS = {"igamingace": ["-m", "igamingace", "sandbox"], "module": ["-m", "igamingace.sandbox"]}


class Program:
    """The sandbox as a process of its own."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen(
            [sys.executable, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        lines = []
        for line in self.process.stdout:
            lines.append(line)
            if line.startswith("Stop it"):
                break
        self.greeting = "".join(lines)
        self.url = re.findall(r"http://\S+", self.greeting)[0]

    def stop(self, how=signal.SIGINT):
        self.process.send_signal(how)
        rest, _ = self.process.communicate(timeout=30)
        return self.process.returncode, rest


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_the_state_is_written_down_however_the_program_is_stopped(tmp_path, how):
    state = tmp_path / "state.json"
    program = Program(*PROGRAMS["module"], "--port", "0", "--export", str(state))

    assert program.stop(how) == (0, "")
    assert json.loads(state.read_bytes())["accounts"]


@pytest.mark.parametrize("command", PROGRAMS.values(), ids=PROGRAMS)
def test_the_program_serves_until_it_is_interrupted(command):
    program = Program(*command, "--port", "0", "--token", "mine", "--latency", "1")
    answer = httpx2.get(program.url + LIST, headers={**HEADERS, "Authorization": "Bearer mine"})
    ended = program.stop()

    assert answer.json()["success"] is True
    assert ended == (0, "")
    assert "Ctrl+C" in program.greeting
    for account in DEMO:
        assert account in program.greeting
    assert "mine" in program.greeting


CASINO = """
[[accounts]]
id = "top"
level = "operator"
currencies = ["USD"]
"""


def test_of_many_accounts_the_greeting_says_where_the_other_tokens_are(tmp_path):
    casino, agents = tmp_path / "casino.toml", tmp_path / "agents.toml"
    children = [f'[[accounts]]\nid = "a{n}"\nparent = "top"\ncurrencies = ["EUR"]\n' for n in range(30)]
    casino.write_text(CASINO + "".join(children))

    program = Program(
        *PROGRAMS["module"], "--port", "0", "--data", str(casino), "--write-accounts", str(agents)
    )
    with Operator.from_file(agents) as operator:
        infos = operator.map(lambda agent: agent.operators.info(), operator.tree())
        points = operator.balances()
    program.stop()

    assert "and 11 more: --write-accounts agents.toml writes the tokens of all" in program.greeting
    assert f"all accounts: {agents}" in program.greeting
    assert {name: info.id for name, info in infos.ok.items()} == {
        name: name for name in ["top", *(f"a{n}" for n in range(30))]
    }
    assert not points.failed
    assert agents.stat().st_mode & 0o777 == 0o600


def test_the_accounts_are_written_anew_but_never_over_a_file_of_somebody_s(tmp_path):
    agents = tmp_path / "agents.toml"
    command = [*PROGRAMS["module"], "--port", "0", "--write-accounts", str(agents)]
    Program(*command).stop()
    first = agents.read_text()
    Program(*command).stop()
    assert agents.read_text() != first

    agents.write_text('[[account]]\nname = "live"\n')
    wide = {**os.environ, "COLUMNS": "1000"}  # or the message is broken within, by the length of the path
    ended = subprocess.run([sys.executable, *command], capture_output=True, text=True, check=False, env=wide)

    assert ended.returncode == 2
    assert "was not written by a sandbox" in " ".join(ended.stderr.split())
    assert agents.read_text() == '[[account]]\nname = "live"\n'


SEVERAL = """
[[accounts]]
id = "top"
level = "operator"
currencies = ["USD", "EUR"]
points = { USD = "7", EUR = "5" }

[[accounts]]
id = "lotus"
parent = "top"
currencies = ["EUR"]
points = { EUR = "3" }
"""


def test_tokens_stay_the_same_over_restarts_with_a_seed(tmp_path):
    casino, agents = tmp_path / "casino.toml", tmp_path / "agents.toml"
    casino.write_text(SEVERAL)
    command = [*PROGRAMS["module"], "--port", "0", "--data", str(casino), "--accounts", str(agents)]

    def tokens(*options):
        Program(*command, *options).stop()
        return re.findall(r'token = "(.*)"', agents.read_text())

    first = tokens("--seed", "7")
    assert tokens("--seed", "7") == first
    assert len({*first}) == 2  # the operator's stands twice
    assert not {*tokens("--seed", "8")} & {*first}
    given = "--token", "a-token-of-its-own"
    assert tokens("--seed", "7", *given) == [*first[:2], "a-token-of-its-own"]


def test_an_operator_in_several_currencies_is_written_once_for_each(tmp_path):
    casino, agents = tmp_path / "casino.toml", tmp_path / "agents.toml"
    casino.write_text(SEVERAL)

    command = [*PROGRAMS["module"], "--port", "0", "--data", str(casino)]
    program = Program(*command, "--write-accounts", str(agents))
    with Operator.from_file(agents) as operator:
        points = operator.balances()
        parents = {one.name: one.parent for one in operator.tree()}
    program.stop()

    assert points.by_agent == {"top-usd": {"USD": 7}, "top-eur": {"EUR": 5}, "lotus": {"EUR": 3}}
    assert parents == {"top-usd": None, "top-eur": None, "lotus": "top-eur"}


def test_the_tokens_that_are_printed_work():
    program = Program(*PROGRAMS["module"], "--port", "0")
    printed = re.findall(r"\b[0-9a-f]{32}\b", program.greeting)
    ids = [
        httpx2.get(
            program.url + "/v1/operator/info", headers={**HEADERS, "Authorization": f"Bearer {token}"}
        ).json()["data"]["id"]
        for token in printed[: len(DEMO)]
    ]
    program.stop()

    assert ids == DEMO
    assert "warning" not in program.greeting  # it listens on loopback


def test_another_contract_can_be_given(tmp_path, contract):
    paths = {"/v1/new": {"get": {"operationId": "news.read", "responses": {"200": {"description": "x"}}}}}
    file = tmp_path / "contract.json"
    file.write_text(json.dumps({**contract, "paths": paths}))

    program = Program(*PROGRAMS["module"], "--port", "0", "--token", "mine", "--contract", str(file))
    headers = {**HEADERS, "Authorization": "Bearer mine"}
    statuses = [httpx2.get(program.url + path, headers=headers).status_code for path in ("/v1/new", LIST)]
    program.stop()

    assert statuses == [200, 404]


@pytest.mark.parametrize(
    ("content", "message"),
    [("{", "cannot read"), ("[]", "OpenAPI 3.1"), ('{"openapi": "3.1.0"}', "x-response-codes")],
)
def test_a_contract_that_cannot_be_served_is_explained(tmp_path, content, message):
    file = tmp_path / "contract.json"
    file.write_text(content)

    code, complaint = _refused("--port", "0", "--contract", str(file))

    assert code == 2
    assert message in complaint


def test_a_token_that_no_request_can_carry_is_explained():
    code, complaint = _refused("--port", "0", "--token", "two words")

    assert code == 2
    assert "use letters, digits" in complaint


def test_a_port_in_use_is_explained():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        code, complaint = _refused("--port", str(taken.getsockname()[1]))

    assert code == 2
    assert "cannot listen on" in complaint
    assert "another sandbox may run there; try --port 0" in complaint


def _refused(*arguments):
    """Return the exit code of a program that cannot start, and what it says, without the frame around it."""
    command = [sys.executable, *PROGRAMS["module"], *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    return ended.returncode, re.sub(r"\W*\n\W*", " ", ended.stderr)


def test_without_typer_the_program_names_the_extra():
    code = "import sys; sys.modules['typer'] = None; from igamingace.__main__ import main; main()"

    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert ended.returncode == 1
    assert "pip install 'igamingace[" in ended.stderr


def test_the_program_starts_with_a_casino_faults_and_a_reading_of_errors(tmp_path):
    casino = '[[accounts]]\nid = "solo"\ncurrencies = ["EUR"]\npoints = { EUR = "5" }\n'
    (tmp_path / "casino.toml").write_text(casino)
    options = [
        "--fault",
        "html:count=1",
        "--seed",
        "7",
        "--error-style",
        "envelope",
        "--code-field",
        "message",
    ]

    program = Program(
        *PROGRAMS["module"],
        "--port",
        "0",
        "--token",
        "mine",
        "--data",
        str(tmp_path / "casino.toml"),
        *options,
    )
    headers = {**HEADERS, "Authorization": "Bearer mine"}
    answers = [httpx2.get(program.url + "/v1/operator/info", headers=headers) for _ in range(2)]
    refused = httpx2.get(program.url + LIST, headers=HEADERS)
    program.stop()

    assert answers[0].headers["x-sandbox-fault"] == "html"
    assert answers[1].json()["data"]["balance"] == [{"currency": "EUR", "amount": 5}]
    assert (refused.status_code, refused.json()["message"]) == (200, "TOKEN_NOT_FOUND")
    assert "solo" in program.greeting
    assert "seed 7" in program.greeting


def test_the_program_goes_on_where_another_ended(tmp_path):
    state = tmp_path / "state.json"
    first = Program(*PROGRAMS["module"], "--port", "0", "--token", "mine", "--export", str(state))
    headers = {**HEADERS, "Authorization": "Bearer mine"}
    httpx2.post(first.url + "/v1/player/create", headers=headers, json={"playerExternalId": "kept"})
    first.stop()

    second = Program(*PROGRAMS["module"], "--port", "0", "--import", str(state))
    kept = httpx2.get(second.url + "/v1/player/info?playerExternalId=kept", headers=headers)
    second.stop()

    assert kept.status_code == 200
    assert state.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--fault", "fire"], "kind: 'fire' is invalid"),
        (["--fault", "busy:operation=games.lunch"], "the contract has no 'games.lunch"),
        (["--fault", "busy:agent=nobody"], "fault busy: agent: there is no account 'nobody"),
        (["--data", "nowhere.toml"], "nowhere.toml: cannot be read"),
        (["--export", "nowhere/state.json"], "nowhere/state.json: cannot be written"),
        (["--export", "."], ".: cannot be written"),
        (["--error-style", "loud"], "error_style: 'loud"),
    ],
)
def test_an_option_that_makes_no_sense_is_explained(options, message):
    code, complaint = _refused("--port", "0", *options)

    assert code == 2
    assert message in complaint


def test_an_address_that_others_reach_is_warned_of():
    program = Program(*PROGRAMS["module"], "--port", "0", "--host", "0.0.0.0")
    program.stop()

    assert "warning: 0.0.0.0 can be reached from other machines" in program.greeting


@pytest.mark.parametrize("missing", ["typer", "jsonschema_rs"])
def test_as_a_module_it_names_its_extra_in_one_sentence(missing):
    code = (
        f"import sys, runpy; sys.modules[{missing!r}] = None; sys.argv = ['sandbox'];"
        "runpy.run_module('igamingace.sandbox', run_name='__main__')"
    )

    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert ended.returncode == 1
    assert ended.stderr == f"the sandbox needs {missing}: {install_hint('sandbox')}\n"


def test_without_its_extra_the_sandbox_names_it():
    code = "import sys; sys.modules['jsonschema_rs'] = None; from igamingace.sandbox import Sandbox"

    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert "pip install 'igamingace[sandbox]'" in ended.stderr


def test_a_server_starts_without_the_http_library_of_the_transports():
    program = "import sys, igamingace.sandbox.command; print('httpx2' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)

    assert done.stdout == "False\n"
