"""The operations that feed each other are linked. Whether a link is right is told by the lint."""

import pytest

LINKED = {
    ("providers.list", "games.list"),
    ("games.list", "games.launch"),
    ("games.launch", "games.kick"),
    ("players.create", "players.info"),
    ("players.create", "players.deposit"),
    ("players.create", "games.launch"),
    ("players.create", "bonus_calls.register"),
    ("players.deposit", "players.withdraw"),
    ("operators.create", "operators.transfer_balance"),
    ("transactions.list", "transactions.round"),
    ("bonus_calls.register", "bonus_calls.cancel"),
    ("bonus_calls.register", "bonus_calls.detail"),
}


@pytest.fixture
def links(document):
    return [
        (operation, link)
        for operation in document.operations().values()
        for link in operation["responses"]["200"].get("links", {}).values()
    ]


def test_the_operations_that_feed_each_other_are_linked(links):
    assert {(operation["operationId"], link["operationId"]) for operation, link in links} >= LINKED
