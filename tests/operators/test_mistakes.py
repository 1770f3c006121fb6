"""What callers get wrong: each is told by an error of our own, and none shows a token."""

import traceback

import pytest
from igamingace.errors import ConfigurationError
from igamingace.operators import Account, TreeError, UnknownAccount

TOKEN = "60349266c8d9487eab7531b1a15d2480"
ACCOUNT = Account(name="casino", token=TOKEN, currency="USD")


def test_an_operator_that_was_refused_can_be_shown(world, tree):
    kind = type(world.operator(tree))
    refused = kind.__new__(kind)  # type: ignore[call-overload]

    with pytest.raises(TreeError, match="the name 'world' is already used") as caught:
        refused.__init__([tree[0], tree[0]])

    shown = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    assert "<Tree of 0 accounts>" in "".join(shown.format())

    assert repr(refused) == f"<{kind.__name__} of 0 accounts>"


@pytest.mark.parametrize("name", [None, 5, ("a",), ["a"]])
def test_what_is_no_name_is_an_unknown_account(world, tree, name):
    operator = world.operator(tree)

    with pytest.raises(UnknownAccount, match="there is no account"):
        operator.agent(name)
    with pytest.raises(UnknownAccount, match="there is no account"):
        world.use(lambda operator: operator.map(lambda agent: agent.providers.list(), [name]), tree)


def test_a_token_that_is_asked_for_as_an_account_is_not_shown(world, tree):
    with pytest.raises(UnknownAccount, match="no account <what looks like a token>") as caught:
        world.operator(tree).agent(TOKEN)

    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize(
    ("accounts", "problem"),
    [
        ("agents.toml", "has a member of type str"),
        ([TOKEN], "has a member of type str"),
        (ACCOUNT, "is of type Account"),
        (None, "is of type NoneType"),
    ],
)
def test_what_are_no_accounts_is_told(world, accounts, problem):
    with pytest.raises(ConfigurationError) as caught:
        world.operator(accounts)

    assert str(caught.value) == f"accounts {problem}: give a list of Account, or a Tree"


def test_what_is_no_limiter_is_told(world, tree):
    with pytest.raises(ConfigurationError, match="limiter is of type int: give"):
        type(world.operator(tree))([], limiter=5)


@pytest.mark.parametrize(
    "options",
    [
        {"deadline": "5"},
        {"deadline": True},
        {"deadline": 10**400},
        {"max_in_flight": "5"},
        {"max_in_flight": True},
    ],
    ids=["text", "yes", "huge", "text in flight", "yes in flight"],
)
def test_an_option_of_another_type_is_told(world, tree, options):
    with pytest.raises(ConfigurationError, match=r"(deadline|max_in_flight) is ('5'|True|10+): give"):
        world.use(lambda operator: operator.map(lambda agent: agent.providers.list(), **options), tree)


def test_a_function_of_the_other_kind_is_told(world, tree):
    async def asynchronous(agent):
        return 5

    def code(operator):
        return operator.map(asynchronous if world.kind == "threads" else lambda agent: 5, ["lotus"])

    with pytest.raises((ConfigurationError, ExceptionGroup)) as caught:
        world.use(code, tree).raise_for_errors()

    error = caught.value
    while isinstance(error, ExceptionGroup):
        (error,) = error.exceptions
    assert isinstance(error, ConfigurationError)
    assert "Operator for such functions" in str(error)
