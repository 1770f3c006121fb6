"""The reference wallets, each started once for a file of tests."""

import pytest

from tests.ledger.conftest import postgresql as postgresql  # noqa: PLC0414 -- a fixture

from .reference_wallets import LANGUAGES, serve
from .vectors import TOKEN


@pytest.fixture(scope="module", params=LANGUAGES)
def reference_wallet(request, tmp_path_factory):
    """A reference wallet that runs, with the account's token `TOKEN` and no players yet."""
    with serve(request.param, TOKEN, tmp_path_factory.mktemp(request.param)) as served:
        yield served
