"""Reading accounts through the API: their points, and the tree that they make."""

from decimal import Decimal

import pytest
from igamingace.errors import ConfigurationError
from igamingace.operators import Account, EnvironmentToken, TreeError, WalletUnreadable

from .bank import top_up

D = Decimal


def test_balances_are_told_by_agent_and_by_currency(use):
    balances = use(lambda operator: operator.balances())

    assert balances.by_agent["lotus"] == {"USD": D(40)}
    assert balances.by_currency == {"EUR": D(9000), "USD": D(101_745)}
    assert balances.to_json()["by_currency"] == {"EUR": "9000", "USD": "101745"}
    assert not balances.failed


def test_a_printed_tree_has_the_points_that_were_read_last(use):
    trees = []

    use(lambda operator: trees.append(operator.tree()) or operator.balances())

    assert "100,000" in str(trees[0])


def test_balances_of_some_and_who_could_not_be_read(use, tree):
    dead = Account(name="dead", token="no-such-token", currency="USD")

    balances = use(lambda operator: operator.balances(["lotus", "dead"]), [*tree, dead])

    assert list(balances.by_agent) == ["lotus"]
    assert list(balances.failed) == ["dead"]
    assert "TOKEN_INVALID" in balances.to_json()["failed"]["dead"]


POOR_WALLETS = [
    (None, "`balance`"),
    ([{"amount": 40}], "currency of a wallet"),
    ([{"currency": "USD"}], "amount of USD"),
]


@pytest.mark.parametrize(("wallets", "missing"), POOR_WALLETS)
def test_an_account_whose_answer_lacks_its_points_is_unreadable_and_harms_no_other(
    world, bank, wallets, missing
):
    bank.wallets = {"lotus": wallets}

    balances = world.use(lambda operator: operator.balances(), bank.accounts, transport=bank.transport)

    assert "lotus" not in balances.by_agent
    assert balances.by_agent["tiger"] == {"USD": D(700)}
    assert isinstance(balances.failed["lotus"], WalletUnreadable)
    assert f"the answer has no {missing}" in balances.to_json()["failed"]["lotus"]


@pytest.mark.parametrize(("wallets", "missing"), POOR_WALLETS)
def test_health_does_not_know_the_points_that_an_answer_lacks(world, bank, wallets, missing):
    bank.wallets = {"lotus": wallets}

    report = world.use(
        lambda operator: operator.check(["lotus"], callbacks=False), bank.accounts, transport=bank.transport
    )

    states = {one.check: one.state for one in report.agents["lotus"]}
    assert (states["token"], states["points"]) == ("ok", "unknown")
    assert missing in next(one.detail for one in report.agents["lotus"] if one.check == "points")


def test_another_currencys_poor_wallet_does_no_harm_to_a_top_up(world, bank, tmp_path):
    bank.wallets = {"lotus": [{"currency": "EUR"}, {"currency": "USD", "amount": 40}]}

    done = top_up(world, bank, tmp_path / "journal")

    assert ("asia", "lotus") in bank.sent
    assert not done.plan.failed


@pytest.mark.parametrize(("wallets", "missing"), POOR_WALLETS)
def test_nothing_is_sent_to_an_account_whose_points_are_unknown(world, bank, tmp_path, wallets, missing):
    bank.wallets = {"lotus": wallets}

    done = top_up(world, bank, tmp_path / "journal")

    assert ("asia", "lotus") not in bank.sent
    assert missing in str(done.plan.failed["lotus"])


@pytest.mark.parametrize("wallets", [wallets for wallets, _ in POOR_WALLETS])
def test_discovery_leaves_out_what_an_answer_does_not_say(world, bank, wallets):
    bank.wallets = {"lotus": wallets}

    discovery = world.use(lambda operator: operator.discover(), bank.accounts, transport=bank.transport)

    assert discovery.failed == {}
    assert "lotus" not in discovery.differences


def test_the_tree_is_found_through_the_api(use, tree, sandbox):
    flat = [Account(name=one.name, token=one.token, currency=one.currency, site=one.site) for one in tree]
    trees = []

    def code(operator):
        trees.append(operator)
        return operator.discover()

    discovery = use(code, flat)

    (found,) = (operator.tree() for operator in trees)
    assert [(depth, one.name, one.level) for depth, one in found.walk()] == [
        (0, "world", "operator"),
        (1, "asia", "operator"),
        (2, "lotus", "agent"),
        (2, "tiger", "agent"),
        (1, "eagle", "agent"),
        (0, "europe", "operator"),
        (1, "lotus-eu", "agent"),
    ]
    assert found["lotus"].operator_id == "id-lotus"
    assert discovery.differences["asia"] == ("its level is 'operator', not 'agent'",)


def test_what_the_api_tells_otherwise_is_named(use, tree):
    wrong = [
        Account(name="world", token=tree[0].token, currency="USD", level="operator"),
        Account(name="asia", token=tree[1].token, currency="USD", level="operator", parent="world"),
        Account(name="eagle", token=tree[4].token, currency="EUR", parent="asia", operator_id="id-tiger"),
        Account(name="gone", token="no-such-token", currency="USD"),
    ]

    discovery = use(lambda operator: operator.discover(), wrong)

    assert discovery.differences == {
        "eagle": (
            "its id is 'id-eagle', not 'id-tiger': is the token that of another account?",
            "it has USD, not EUR",
            "it is below 'world', not below 'asia'",
        )
    }
    assert list(discovery.failed) == ["gone"]


def test_accounts_that_make_no_tree_make_no_operator(world, tree):
    with pytest.raises(TreeError):
        world.operator([tree[2]])


def test_a_printed_tree_says_who_has_no_wallet_in_its_currency(use, tree):
    wrong = Account(name="eagle", token=tree[4].token, currency="EUR")
    trees = []

    use(lambda operator: trees.append(operator.tree()) or operator.balances(), [wrong])

    assert str(trees[0]).endswith("has no EUR")


def test_a_wallet_that_two_accounts_have_the_token_of_is_not_counted_twice(use, tree):
    twice = [Account(name=name, token=tree[4].open_token, currency="USD") for name in ("one", "two")]

    balances = use(lambda operator: operator.balances(), twice)

    assert list(balances.failed) == ["one", "two"]
    assert not balances.by_currency


def test_an_account_that_joins_while_the_tree_is_discovered_stays_in_it(world, sandbox, tree):
    trees = []
    joined = Account(name="new", token="token-of-new", currency="USD", parent="world")

    def joins():
        if "new" not in trees[0]:
            trees[0].add(joined)
        return tree[0].open_token()

    accounts = [Account(name="world", token=joins, currency="USD", level="operator"), *tree[1:]]

    def code(operator):
        trees.append(operator.tree())
        return operator.discover()

    world.use(code, accounts, base_url=sandbox.url)

    assert trees[0]["new"] is joined
    assert trees[0]["lotus"].operator_id == "id-lotus"


def test_a_token_that_was_changed_is_used_even_for_an_agent_that_is_held(use, tree):
    tokens = ["no-such-token"]
    eagle = Account(name="eagle", token=lambda: tokens[0], currency="USD")
    held = []

    def first(operator):
        held.extend([operator, operator.agent("eagle")])
        tokens[0] = tree[4].open_token()
        return operator.balances()

    assert not use(first, [eagle]).failed


@pytest.mark.parametrize("wrong", [{"level": "agents"}, {"currency": "usd"}])
def test_a_choice_that_nobody_can_fit_is_an_error(world, tree, wrong):
    with pytest.raises(ConfigurationError):
        world.operator(tree).agents(**wrong)


MANY = [Account(name=f"a{n}", token=EnvironmentToken(f"NOT_SET_{n}"), currency="USD") for n in range(500)]


def test_what_is_read_of_many_accounts_has_a_short_repr(world, tmp_path):
    balances = world.use(lambda operator: operator.balances(), MANY)
    discovery = world.use(lambda operator: operator.discover(), MANY)
    plan = world.use(lambda operator: operator.plan_top_up(minimum=D(1), target=D(2)), MANY)
    topped_up = world.use(
        lambda operator: operator.top_up(minimum=D(1), target=D(2), journal=tmp_path / "journal"), MANY
    )

    assert [repr(each) for each in (balances, discovery, plan, topped_up)] == [
        "<Balances of 500 accounts: 0 read, 500 failed>",
        "<Discovery of 500 accounts: 0 with differences, 500 failed>",
        "<Plan of 0 transfers, 0 short, 500 failed>",
        "<TopUp of 0 transfers: 0 done, 0 not needed, 0 not done, 0 unknown>",
    ]


def test_a_discovery_as_text_has_a_line_for_each_difference_and_failure(use, tree):
    wrong = [
        Account(name="asia", token=tree[1].token, currency="USD", level="agent"),
        Account(name="europe", token=tree[5].token, currency="EUR", level="operator"),
        Account(name="gone", token=EnvironmentToken("NOT_SET"), currency="USD"),
    ]

    discovery = use(lambda operator: operator.discover(), wrong)

    assert str(discovery).splitlines() == [
        "asia: its level is 'operator', not 'agent'",
        "gone: the variable NOT_SET is not set: set it to the account's token",
        "1 of 3 accounts are as configured",
    ]
