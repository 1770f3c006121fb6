"""Links lead from one operation to another: what they name exists, and what they take is there."""

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


def taken(expression, operation, document):
    """Return what a link's expression takes out of the operation's own examples.

    Raises:
        LookupError: there is nothing of the kind.
    """
    source, _, pointer = expression.partition("#/")
    if source.startswith("$request.path."):
        name = source.removeprefix("$request.path.")
        return next(p["example"] for p in document.parameters(operation) if p["name"] == name)
    media = {
        "$request.body": operation.get("requestBody", {}).get("content", {}).get("application/json"),
        "$response.body": document.answer(operation),
    }[source]
    value = next(iter(media["examples"].values()))["value"]
    for part in pointer.split("/"):
        value = value[int(part)] if isinstance(value, list) else value[part]
    return value


def test_the_operations_that_feed_each_other_are_linked(links):
    assert {(operation["operationId"], link["operationId"]) for operation, link in links} >= LINKED


def test_every_link_leads_to_an_operation(links, document):
    assert [
        link["operationId"] for _, link in links if link["operationId"] not in document.operations()
    ] == []


def test_every_link_fills_what_its_target_takes(links, document):
    for operation, link in links:
        target = document.operations()[link["operationId"]]
        names = {parameter["name"] for parameter in document.parameters(target)}
        fields = set(document.body(target).get("properties", {}))
        place = f"{operation['operationId']} -> {link['operationId']}"

        assert set(link.get("parameters", {})) <= names, place
        assert set(link.get("x-request-body", {})) <= fields, place
        assert link["description"], place


def test_no_link_has_a_body_under_its_standard_name(links):
    # openapi-generator takes that for text, where OpenAPI takes any value, and refuses the whole document.
    assert [link["operationId"] for _, link in links if "requestBody" in link] == []


def test_every_link_takes_what_the_examples_have(links, document):
    expressions = [
        (operation, expression)
        for operation, link in links
        for expression in [*link.get("parameters", {}).values(), *link.get("x-request-body", {}).values()]
    ]

    values = [taken(expression, operation, document) for operation, expression in expressions]

    assert len(values) > 20
    assert None not in values


def test_an_expression_that_takes_nothing_would_be_found(document):
    with pytest.raises(LookupError):
        taken("$response.body#/data/nothing", document.operations()["players.create"], document)
