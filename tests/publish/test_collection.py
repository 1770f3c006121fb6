"""The Postman collection, from what the converter makes of the contract: the part that needs no npm."""

import json
import re
from copy import deepcopy
from typing import Any

import pytest
from codegen import SPEC
from codegen.bundle import bundle
from publish.collection_run import LAST, make_runnable
from publish.document import Document

pytestmark = pytest.mark.proof


@pytest.fixture(scope="module")
def document():
    return bundle(SPEC)


def converted(document):
    """Return a collection as the converter makes it, as far as it matters here."""
    folders: dict[str, list[Any]] = {tag["name"]: [] for tag in document["tags"]}
    read = Document(document)
    for path, method, operation in read.operations("paths"):
        query = [name.split()[1] for name in read.parameters(operation) if name.startswith("query")]
        content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        example = content.get("example") or next(iter(content.get("examples", {"": {}}).values())).get(
            "value"
        )
        request = {
            "name": operation["summary"],
            "description": {"content": operation["description"], "type": "text/plain"},
            "method": method.upper(),
            "url": {
                "path": path.replace("{", ":").replace("}", "").strip("/").split("/"),
                "query": [{"key": name, "value": "x"} for name in query],
                "variable": [],
            },
            "body": {"raw": json.dumps(example or {})},
        }
        folders[operation["tags"][0]].append({"id": "x", "name": operation["summary"], "request": request})
    return {"item": [{"name": name, "item": items} for name, items in folders.items() if items], "info": {}}


@pytest.fixture(scope="module")
def made(document):
    content = converted(document)
    make_runnable(content, document)
    return content


def items(content):
    return [item for folder in content["item"] for item in folder["item"]]


def test_the_sandbox_is_the_default_and_production_a_choice(made, document):
    values = {each["key"]: each["value"] for each in made["variable"]}

    assert values["baseUrl"] == "http://127.0.0.1:8787"
    assert values["productionUrl"] == document["servers"][0]["url"] == "https://api.igamingace.com"
    assert "{{productionUrl}}" not in json.dumps(made["item"])


def test_the_token_is_a_variable_that_is_declared_and_empty(made):
    values = {each["key"]: each["value"] for each in made["variable"]}

    assert made["auth"]["bearer"][0]["value"] == "{{token}}"
    assert values["token"] == values["operatorToken"] == ""


def test_every_variable_that_is_used_is_declared_and_the_other_way_round(made):
    declared = {each["key"] for each in made["variable"]} - {"productionUrl", "sandboxToken"}
    used = set(re.findall(r"\{\{(\w+)\}\}", json.dumps([made["item"], made["auth"]])))

    assert used == declared


def test_the_request_that_changes_the_allowed_addresses_comes_last_and_says_what_it_does(made):
    last = items(made)[-1]

    assert last["request"]["method"] == "PATCH"
    assert last["request"]["body"]["raw"] == '{\n  "allowedIPs": {{allowedIPs}}\n}'
    assert "locked out" in last["request"]["description"]["content"]
    assert "puts the allowed addresses back as they are" in last["name"]
    assert "skipRequest" in json.dumps(last["event"])


def test_a_new_tag_comes_before_the_request_that_changes_the_allowed_addresses(document):
    changed = deepcopy(document)
    changed["tags"].append({"name": "jackpots"})
    listed = {**changed["paths"]["/v1/provider/list"]["get"], "operationId": "jackpots.list"}
    changed["paths"]["/v1/jackpot/list"] = {"get": {**listed, "tags": ["jackpots"]}}
    content = converted(changed)
    make_runnable(content, changed)

    assert [folder["name"] for folder in content["item"]][-2:] == ["jackpots", "operators"]
    assert items(content)[-1]["request"]["method"] == "PATCH"


def test_each_other_body_is_json_once_its_variables_have_values(made):
    for item in items(made)[:-1]:
        raw = item["request"].get("body", {}).get("raw", "{}")
        assert isinstance(json.loads(re.sub(r"\{\{\$?\w+\}\}", "1", raw)), dict)


def test_each_request_of_the_api_says_whether_it_worked(made, document):
    checked = [item for item in items(made) if "pm.test(" in json.dumps(item["event"])]
    operations = [
        each for item in document["paths"].values() for each in item.values() if "operationId" in each
    ]

    assert len(checked) == len(operations) == len(items(made)) - 1


def test_an_operation_that_the_contract_no_longer_has_is_named(document):
    changed = deepcopy(document)
    (path,) = [
        path
        for path, item in changed["paths"].items()
        if any(isinstance(each, dict) and each.get("operationId") == LAST for each in item.values())
    ]
    del changed["paths"][path]

    with pytest.raises(ValueError, match=f"no {LAST}"):
        make_runnable(converted(changed), changed)
