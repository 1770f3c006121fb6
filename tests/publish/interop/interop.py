"""Other people's tools take the published contract, and what they make of it works against the sandbox.

Run by `nox -s interop`; needs Node.js with npm, Java for openapi-generator, PHP with Guzzle, and curl. What a
tool cannot do stands where it is worked around. Left out: Kiota, whose package holds no program but downloads
one when it is installed, so that its hash pins nothing.
"""

import contextlib
import html
import importlib.util
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from importlib.resources import files
from pathlib import Path

import httpx2
import pytest
from igamingace import Agent
from igamingace.sandbox.handlers import HANDLERS
from igamingace_bindings.contract import OPERATIONS
from publish.kit import UNIONS

from .conftest import HERE, LAUNCH

NORTHERN = "Northern Reels"


def calls():
    """Return a call of each operation, from the test that calls every operation."""
    path = Path(__file__).parents[2] / "test_every_operation.py"
    found = importlib.util.spec_from_file_location("every_operation", path)
    assert found is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return {**module.CALLS, **module.OPERATOR_CALLS}


def test_the_published_document_is_the_one_in_the_package(published):
    shipped = json.loads(files("igamingace_bindings").joinpath("openapi.json").read_text())
    shipped.pop("x-generated")

    assert json.loads((published / "openapi.json").read_text()) == shipped


@pytest.mark.parametrize("name", ["openapi.yaml", "openapi.json"])
def test_redocly_has_nothing_to_say(name, desk):
    (desk.folder / "redocly.yaml").write_text("extends: [recommended-strict]\n")

    printed = desk.tool("redocly", "lint", name, "--config", "redocly.yaml")

    assert "Your API description is valid" in printed
    assert not re.search(r"\d+ (problem|warning|error)", printed), printed


def test_curl_as_the_guide_shows_it_works(desk, sandbox, published):
    guide = json.loads((published / "openapi.json").read_text())["info"]["description"]
    (command,) = re.findall(r"```bash\n(curl .*?)```", guide, re.DOTALL)
    command = command.replace("https://api.igamingace.com", sandbox.url)
    command = re.sub(r"Bearer [0-9a-f]{32}", f"Bearer {sandbox.token}", command)

    printed = desk.run("bash", "-c", command.replace("curl ", "curl --silent ", 1))

    assert json.loads(printed)["data"][0]["providerName"] == NORTHERN


def test_openapi_typescript_and_openapi_fetch(desk, sandbox):
    desk.tool("openapi-typescript", "openapi.yaml", "--output", "schema.ts")

    found = desk.program("openapi_fetch", sandbox)

    assert NORTHERN in found["names"]
    assert found["address"].startswith("http")
    assert found["code"] == 2007


def generate(desk, language, *options):
    """Run openapi-generator as its manual has it, the validation of the document included."""
    program = Path(sys.executable).with_name("openapi-generator-cli")
    desk.run(program, "generate", "-g", language, "-i", "openapi.yaml", "-o", "client", *options)


def test_openapi_generator(desk, sandbox):
    generate(desk, "typescript-fetch", "--additional-properties=importFileExtension=.js")

    found = desk.program("openapi_generator", sandbox)

    assert NORTHERN in found["names"]
    assert found["address"].startswith("http")


@pytest.mark.parametrize("language", ["java", "php", "python"])
def test_openapi_generator_takes_the_document_by_default(language, desk):
    generate(desk, language)

    assert (desk.folder / "client" / "README.md").exists()


def test_a_client_in_php_reads_success_as_a_plain_boolean(desk):
    # A `const` becomes a list of allowed texts there, and reading `true` into it throws.
    generate(desk, "php")

    model = (desk.folder / "client" / "lib" / "Model" / "ProviderListAnswer.php").read_text()
    assert "'success' => 'bool'" in model
    assert "SuccessAllowableValues" not in model


def unions(desk, document):
    """Return the classes that openapi-generator makes of values of two types: each reads nothing."""
    generate(desk, "php")
    made = {path.stem for path in (desk.folder / "client" / "lib" / "Model").glob("*.php")}
    shutil.rmtree(desk.folder / "client")
    return sorted(made - {"ModelInterface", "ModelError"} - set(document["components"]["schemas"]))


def test_a_client_in_php_gives_a_call_and_an_error_as_typed_results(desk, document, sandbox):
    assert Path("/usr/share/php/GuzzleHttp/autoload.php").exists(), "needs Debian's php-guzzlehttp-guzzle"
    mapped = unions(desk, document)
    assert list(UNIONS) == mapped  # the command in the README that partners get
    generate(desk, "php", f"--type-mappings={','.join(f'{name}=mixed' for name in mapped)}")
    shutil.copy(HERE / "openapi_generator.php", desk.folder)

    printed = desk.run("php", "openapi_generator.php", BASE_URL=sandbox.url, TOKEN=sandbox.token)

    found = json.loads(printed)
    assert found["provider"] == "OpenAPI\\Client\\Model\\Provider"
    assert NORTHERN in found["names"]
    assert found["answer"] == "OpenAPI\\Client\\Model\\LaunchGameAnswer"
    assert found["address"].startswith(sandbox.url)
    assert (found["error"], found["status"], found["code"]) == ("OpenAPI\\Client\\Model\\Error", 404, 2003)
    assert found["message"]


@contextlib.contextmanager
def prism(desk):
    """Run Prism as a server of the published document; give its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = desk.folder / "node_modules" / ".bin" / "prism"
    command = [program, "mock", "--errors", "-h", "127.0.0.1", "-p", str(port), "openapi.yaml"]
    said = desk.folder / "prism.log"
    with said.open("wb") as log:
        server = subprocess.Popen(
            command, cwd=desk.folder, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        while "Prism is listening" not in said.read_text():
            assert server.poll() is None, said.read_text()
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(server.pid, signal.SIGKILL)  # it has a child that serves
        server.wait()


def test_prism_serves_every_operation_to_our_client(desk):
    seen = {}

    with prism(desk) as url, Agent("0" * 32, base_url=url) as agent:
        for operation, call in calls().items():
            seen[operation] = call(agent, seen)

    assert seen.keys() == HANDLERS.keys()
    assert seen["games.launch"] == "https://games.igamingace.com/launch?token=9f8e7d6c5b4a"


def test_schemathesis_from_the_published_file_alone(desk, sandbox):
    # operators.update may set the allowed addresses, after which every call is refused; that a well-formed
    # request may be refused for what it asks is nothing that OpenAPI can say.
    program = [Path(sys.executable).with_name("schemathesis"), "run", "openapi.yaml", "--url", sandbox.url]
    headers = [
        "Accept: application/json",
        "Content-Type: application/json",
        f"Authorization: Bearer {sandbox.token}",
    ]
    options = [
        *("--exclude-operation-id", "operators.update", "--exclude-checks", "positive_data_acceptance"),
        *("--phases", "examples,coverage,fuzzing", "--max-examples", "20", "--seed", "1"),
        *("--suppress-health-check", "all"),
    ]

    printed = desk.run(*program, *(part for header in headers for part in ("-H", header)), *options)

    assert f"Tested: {len(OPERATIONS) - 1}" in printed


def newman(desk, *options):
    """Run the collection from top to bottom; return what was sent, and the tests that failed."""
    report = desk.folder / "newman.json"
    desk.tool(
        *("newman", "run", "postman_collection.json", "--suppress-exit-code", *options),
        *("--reporters", "json", "--reporter-json-export", report),
    )
    run = json.loads(report.read_text())["run"]
    return run["executions"], [failure["error"]["message"] for failure in run["failures"]]


def test_postman_runs_the_collection_from_top_to_bottom_on_a_fresh_sandbox_and_again(desk, sandbox):
    before = accounts(sandbox)

    for _ in range(2):
        sent, failed = newman(desk, "--env-var", f"baseUrl={sandbox.url}")
        assert failed == []
        assert len(sent) == 1 + len(OPERATIONS)  # the tokens of the sandbox come first
        assert all(answer["success"] for answer in answers(sent[1:]))
        assert sent[-1]["request"]["method"] == "PATCH"

    for name, account in before.items():
        assert accounts(sandbox)[name]["allowed_ips"] == account["allowed_ips"] == []
    with Agent(sandbox.token, base_url=sandbox.url) as agent:
        assert agent.operators.info().id == "mycasino"


def test_postman_with_a_token_of_ones_own_asks_the_sandbox_for_none(desk, sandbox):
    own = "--env-var", f"baseUrl={sandbox.url}", "--env-var", f"token={sandbox.token}"
    sent, failed = newman(desk, *own, "--folder", "sandbox", "--folder", "providers")

    assert failed == []
    assert [each["item"]["name"] for each in sent if "response" in each] == [
        "List the providers",
        "List the providers' settings",
        "Read one provider's setting for one currency",
    ]


def test_postman_leaves_the_allowed_addresses_alone_unless_they_were_read(desk, sandbox):
    known = "--env-var", f"baseUrl={sandbox.url}", "--env-var", f"token={sandbox.token}"
    sent, _ = newman(
        desk, *known, "--folder", "Change your own account (puts the allowed addresses back as they are)"
    )

    assert [each["item"]["name"] for each in sent if "response" in each] == []


def accounts(sandbox):
    """Return the accounts of the sandbox by their ids."""
    state = httpx2.get(f"{sandbox.url}/_sandbox/state").json()
    return {account["id"]: account for account in state["accounts"]}


def answers(sent):
    """Return what was answered."""
    return [json.loads(bytes(each["response"]["stream"]["data"])) for each in sent]


def test_bruno_imports_the_collection(desk):
    (desk.folder / "bruno.mjs").write_text((HERE / "bruno.mjs").read_text())

    found = json.loads(desk.run("node", "bruno.mjs", "postman_collection.json"))

    assert len(found["requests"]) == 1 + len(OPERATIONS)  # and the one that finds the sandbox's tokens


def test_a_browser_draws_the_whole_reference_from_the_file_alone(published, document, tmp_path):
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    assert chromium, "needs Chromium"
    options = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}"]
    drawn = ["--virtual-time-budget=20000", "--dump-dom", (published / "reference.html").as_uri()]

    page = subprocess.run(
        [chromium, *options, *drawn], capture_output=True, text=True, check=True, timeout=120
    )

    text = html.unescape(page.stdout.split("<script>")[0])
    headings = set(re.findall(r"<h2[^>]*>.*?</h2>", text, re.DOTALL))
    for section in ("paths", "webhooks"):
        for item in document[section].values():
            for operation in item.values():
                (heading,) = [
                    found for found in headings if f'operation/{operation["operationId"]}"' in found
                ]
                assert operation["summary"] in heading
                assert operation["x-standing"] in heading
    assert 'placeholder="Search..."' in text


def test_a_launch_by_hand_with_nothing_but_the_file(document, sandbox):
    (path,) = [
        path
        for path, item in document["paths"].items()
        if item.get("post", {}).get("operationId") == "games.launch"
    ]
    headers = {
        header["name"]: header["value"].replace("{token}", sandbox.token)
        for header in document["x-required-headers"]
    }

    answer = httpx2.post(sandbox.url + path, headers=headers, json=LAUNCH)

    assert answer.json()["success"] is True
