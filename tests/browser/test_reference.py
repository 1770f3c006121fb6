"""The reference: the contract, shown by a kept renderer, and tried against this very sandbox."""

from __future__ import annotations

import gzip
import hashlib
import json
from importlib.resources import files

import pytest

pytestmark = pytest.mark.proof


def test_a_request_is_tried_against_this_sandbox(visit, sandbox):
    page = visit("/reference")
    page.get_by_text("Seamless wallet callbacks").first.wait_for()
    page.get_by_placeholder("Token").first.fill(sandbox.token)
    page.get_by_text("List the providers", exact=True).first.click()

    page.get_by_role("button", name="Test Request").filter(has_text="/v1/provider/list").filter(
        has_not_text="settings"
    ).first.click()
    page.get_by_text("Response", exact=True).first.wait_for()
    page.keyboard.press("Control+Enter")

    page.get_by_text("200 OK").first.wait_for()
    (exchange,) = sandbox.runtime.log.entries()
    assert (exchange.operation, exchange.status) == ("providers.list", 200)


def test_the_renderer_is_the_one_that_is_named():
    kept = files("igamingace.sandbox.pages").joinpath("renderer")
    about = json.loads(kept.joinpath("renderer.json").read_bytes())

    script = gzip.decompress(kept.joinpath(about["file"]).read_bytes())

    assert hashlib.sha256(script).hexdigest() == about["sha256"]
    assert about["licence"] == kept.joinpath("LICENSE").read_text(encoding="utf-8").split()[0]
