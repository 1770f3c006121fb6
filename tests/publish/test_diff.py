"""Breaking or compatible: each pair of contracts is judged as those who use them would."""

import pytest
from publish.changes import Level
from publish.comparison import compare, required

from .conftest import SMALL
from .edits import EDITS, both

LEVELS = {"breaking": Level.BREAKING, "addition": Level.ADDITION, "text": Level.TEXT}


@pytest.mark.parametrize("name", EDITS)
def test_a_change_is_judged_and_named(name, small):
    edits, level, operation, words = EDITS[name]

    changes = compare(small, both(small, *edits))

    assert required(changes) is LEVELS[level], [str(change) for change in changes]
    assert any(
        words in str(change) and change.operation == operation and change.level is LEVELS[level]
        for change in changes
    ), changes


def test_the_same_contract_has_no_changes(small):
    assert compare(small, both(small)) == []


def test_a_new_version_alone_is_no_change(small):
    assert compare(small, both(small, (("info", "version"), "1.2.4"))) == []


def test_a_renamed_component_is_nothing_that_programs_see_on_the_wire(small):
    schemas = small["components"]["schemas"]
    renamed = both(
        small,
        (("components", "schemas"), {**schemas, "Stake": schemas["Bet"]}),
        (
            ("webhooks", "bet", "post", "requestBody", "content", "application/json", "schema", "$ref"),
            "#/components/schemas/Stake",
        ),
    )

    assert required(compare(small, renamed)) is Level.TEXT


@pytest.mark.parametrize(
    ("schema", "there", "back"),
    [
        ("Launch", Level.BREAKING, Level.ADDITION),  # partners write it
        ("Game", Level.ADDITION, Level.BREAKING),  # partners read it
        ("Bet", Level.ADDITION, Level.BREAKING),  # partners read it
        ("BetAnswer", Level.BREAKING, Level.ADDITION),  # partners write it
    ],
)
def test_asking_for_more_hurts_the_writer_and_asking_for_less_the_reader(schema, there, back, small):
    stricter = both(small, (("components", "schemas", schema, "minProperties"), 2))

    assert required(compare(small, stricter)) is there
    assert required(compare(stricter, small)) is back


@pytest.mark.parametrize("required_too", [False, True])
def test_a_field_added_to_an_answer_that_was_closed_breaks_who_reads_it(required_too, small):
    game = ("components", "schemas", "Game")
    closed = both(small, ((*game, "additionalProperties"), False))
    more = both(closed, ((*game, "properties", "logo"), {"type": "string"}))
    if required_too:
        more = both(more, ((*game, "required"), ["id", "kind", "logo"]))

    assert required(compare(closed, more)) is Level.BREAKING


def test_a_change_of_a_shared_schema_names_every_operation(small):
    changes = compare(
        small, both(small, (("components", "schemas", "Error", "properties", "code", "type"), "string"))
    )

    assert {change.operation for change in changes} == {"games.list", "games.launch"}


def test_the_worst_change_comes_first(small):
    better = (("paths", "/games", "get", "x-standing"), "documented")
    worse = (("paths", "/games/launch"), SMALL["paths"]["/games"])

    levels = [change.level for change in compare(small, both(small, better, worse))]

    assert levels == sorted(levels, reverse=True)
    assert levels[0] is Level.BREAKING
    assert levels[-1] is Level.TEXT
