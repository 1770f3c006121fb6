"""What partners get: the parts that need no npm. The whole is made, and fed to tools, by `nox -s interop`."""

import json
import re
from typing import Any

import pytest
from codegen import SPEC
from codegen.bundle import bundle
from publish.artefacts import as_yaml
from publish.collection import _fix_ids
from publish.reference import for_readers, reference
from ruamel.yaml import YAML

pytestmark = pytest.mark.proof


@pytest.fixture(scope="module")
def document():
    return bundle(SPEC)


@pytest.fixture(scope="module")
def shown(document):
    return for_readers(document)


@pytest.fixture
def page(document, tmp_path):
    """The reference, with a renderer that tries to end its script element."""
    redoc = tmp_path / "redoc.js"
    redoc.write_text(
        'src:"https://cdn.redoc.ly/redoc/logo-mini.svg"; const Redoc = {init() {}};'
        " // </script><script>alert(1) <!--"
    )
    return reference(document, redoc)


def operations(document):
    return [
        operation
        for section in ("paths", "webhooks")
        for item in document[section].values()
        for operation in item.values()
        if "operationId" in operation
    ]


def test_the_yaml_says_what_the_json_says(document):
    text = as_yaml(document)

    assert YAML(typ="safe", pure=True).load(text) == json.loads(json.dumps(document))
    assert "  description: |\n" in text
    assert "\\n" not in text.split("servers:")[0]


def test_each_operation_shows_its_standing_and_its_codes(document, shown):
    for plain, seen in zip(operations(document), operations(shown), strict=True):
        assert [badge["name"] for badge in seen["x-badges"]] == [plain["x-standing"]]
        assert f"Known as `{plain['operationId']}`" in seen["description"]
        assert all(str(code) in seen["description"] for code in plain.get("x-error-codes", []))
        assert all(code in seen["description"] for code in plain.get("x-status-codes", []))


def test_every_code_has_its_line_in_the_reference(document, shown):
    lines = shown["info"]["description"].splitlines()

    for code in document["x-response-codes"]:
        assert any(line.startswith(f"| {code['code']} | `{code['name']}` |") for line in lines), code


def test_the_document_itself_is_left_as_it_was(document, shown):
    assert shown != document
    assert document == bundle(SPEC)


def test_no_bound_is_shown_that_a_browser_would_round(shown):
    bounds = re.findall(r"\"(?:minimum|maximum)\": -?(\d+)", json.dumps(shown))

    assert bounds
    assert max(map(int, bounds)) <= 2**53


def test_the_page_loads_nothing_from_anywhere(page):
    assert re.findall(r"<(?:script|link|img|iframe)[^>]*(?:src|href)", page) == []
    assert "cdn.redoc" not in page
    assert "default-src 'none'" in page


def test_nothing_in_the_page_ends_its_scripts(page):
    assert page.count("<script>") == page.count("</script>") + 1  # the one in the renderer's comment
    assert "<\\/script><script>alert(1) <\\!--" in page


def test_the_ids_of_a_collection_follow_from_their_places():
    first, second = (dict[str, Any]({"id": random, "item": [{"id": random + "x"}]}) for random in ("a", "b"))
    for made in (first, second):
        _fix_ids(made, "1.0.0")

    assert first == second
    assert first["id"] != first["item"][0]["id"]
