"""The tree of accounts: whatever accounts are given, it holds together or says by name why it does not."""

import pickle
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from igamingace import errors
from igamingace.operators import Account, DuplicateToken, TokenUnavailable, Tree, TreeError, UnknownAccount

some = settings(max_examples=50, deadline=None)
CURRENCIES = ["USD", "EUR", "KRW"]


def account(name, parent=None, level="operator", **more):
    given = {"currency": "USD", **more}
    return Account(name=name, token=f"token-of-{name!a}", parent=parent, level=level, **given)


@st.composite
def forests(draw, most=25):
    """Accounts in any order, of which some are below others; only those without any below may be agents."""
    size = draw(st.integers(1, most))
    parents = [draw(st.one_of(st.none(), st.integers(0, n - 1))) if n else None for n in range(size)]
    made = [
        account(
            f"a{n}",
            None if parent is None else f"a{parent}",
            "operator" if n in parents else draw(st.sampled_from(["operator", "agent"])),
            currency=draw(st.sampled_from(CURRENCIES)),
            site=draw(st.sampled_from([None, "red", "blue"])),
        )
        for n, parent in enumerate(parents)
    ]
    return draw(st.permutations(made))


def above(accounts, one):
    """Return the names above an account, found the slow way."""
    by_name = {each.name: each for each in accounts}
    found = []
    while one.parent is not None:
        one = by_name[one.parent]
        found.append(one.name)
    return found


@some
@given(forests())
def test_a_tree_walks_depth_first_over_every_account_once(accounts):
    tree = Tree(accounts)

    walked = [*tree.walk()]

    assert sorted(each.name for each in accounts) == sorted(each.name for _, each in walked)
    assert [*tree] == [each for _, each in walked]
    assert len(tree) == len(accounts)
    path = []
    for depth, each in walked:
        del path[depth:]
        assert above(accounts, each) == path[::-1]
        assert tree.depth(each.name) == depth
        assert [one.name for one in tree.ancestors(each.name)] == path[::-1]
        path.append(each.name)


@some
@given(forests())
def test_siblings_keep_the_order_they_were_given_in(accounts):
    tree = Tree(accounts)

    assert [*tree.roots] == [each for each in accounts if each.parent is None]
    for one in accounts:
        assert [*tree.children(one.name)] == [each for each in accounts if each.parent == one.name]
        assert tree.parent(one.name) == (None if one.parent is None else tree[one.parent])


@some
@given(forests(), st.data())
def test_filters_give_what_fits_all_of_them(accounts, data):
    tree = Tree(accounts)
    one = data.draw(st.sampled_from(accounts))
    filters = data.draw(
        st.fixed_dictionaries(
            {},
            optional={
                "currency": st.sampled_from(CURRENCIES),
                "level": st.sampled_from(["operator", "agent"]),
                "under": st.just(one.name),
                "site": st.sampled_from(["red", "blue"]),
                "names": st.lists(st.sampled_from([each.name for each in accounts])),
            },
        )
    )

    found = tree.select(**filters)

    order = [tree[name] for name in dict.fromkeys(filters["names"])] if "names" in filters else [*tree]
    assert [*found] == [
        each
        for each in order
        if filters.get("currency", each.currency) == each.currency
        and filters.get("level", each.level) == each.level
        and filters.get("site", each.site) == each.site
        and ("under" not in filters or one.name in above(accounts, each))
    ]


@some
@given(forests())
def test_accounts_added_one_by_one_make_the_same_tree(accounts):
    whole = Tree(accounts)
    grown = Tree([])

    for each in whole:
        grown.add(each)

    assert [*grown.walk()] == [*whole.walk()]
    for each in reversed([*grown]):
        assert grown.remove(each.name) == each
    assert len(grown) == 0
    assert grown.roots == ()


@some
@given(forests(), st.data())
def test_a_cycle_is_told_by_the_names_in_it(accounts, data):
    inner = [each for each in accounts if each.level == "operator"]
    assume(inner)
    low = data.draw(st.sampled_from(inner))
    ring = {low.name, *above(accounts, low)}
    (top,) = [each for each in accounts if each.name in ring and each.parent is None]
    broken = [account(each.name, low.name, each.level) if each is top else each for each in accounts]

    with pytest.raises(TreeError) as caught:
        Tree(broken)

    (problem,) = caught.value.problems
    told = problem.removeprefix("accounts are below each other: ").split(" -> ")
    assert told[0] == told[-1]
    if len(ring) <= 10:
        assert {*told} == ring


@some
@given(forests(), st.data())
def test_an_unknown_parent_is_told_by_both_names(accounts, data):
    lost = data.draw(st.sampled_from(accounts))
    broken = [account(each.name, "nobody", each.level) if each is lost else each for each in accounts]

    with pytest.raises(TreeError) as caught:
        Tree(broken)

    assert caught.value.problems == (f"the parent of {lost.name!r} is 'nobody', which is not an account",)


@some
@given(forests(), st.data())
def test_an_agent_with_accounts_below_it_is_told_by_both_names(accounts, data):
    parents = {each.parent for each in accounts} - {None}
    assume(parents)
    name = data.draw(st.sampled_from(sorted(parents)))
    broken = [account(each.name, each.parent, "agent") if each.name == name else each for each in accounts]

    with pytest.raises(TreeError) as caught:
        Tree(broken)

    below = [each.name for each in accounts if each.parent == name]
    assert [*caught.value.problems] == [
        f"{one!r} is below {name!r}, which is an agent: only operators have children" for one in below
    ][:10]


def test_all_that_is_wrong_is_told_at_once():
    accounts = [account("a", "b"), account("b", "a"), account("c", "bb"), account("c"), account("d", "d")]

    with pytest.raises(TreeError) as caught:
        Tree(accounts)

    assert caught.value.problems == (
        "the name 'c' is already used by another account",
        "the parent of 'c' is 'bb', which is not an account: did you mean 'b'?",
        "accounts are below each other: a -> b -> a",
        "accounts are below each other: d -> d",
    )
    assert pickle.loads(pickle.dumps(caught.value)).problems == caught.value.problems


def test_a_chain_of_ten_thousand_is_no_trouble():
    chain = [account(f"c{n}", f"c{n - 1}" if n else None) for n in range(10_000)]

    tree = Tree(reversed(chain))

    assert tree.depth("c9999") == 9_999
    assert [each.name for each in tree][-1] == "c9999"
    assert tree.render().splitlines()[-1].strip().startswith("(9999 deep) c9999")
    with pytest.raises(TreeError, match=r"9990 more\) -> c"):
        Tree([account("c0", "c9999"), *chain[1:]])


def test_an_unknown_name_is_told_with_names_that_come_close():
    tree = Tree([account("mycasino"), account("mycasino-eu"), account("other")])

    with pytest.raises(UnknownAccount) as caught:
        tree["mycasin"]

    assert isinstance(caught.value, KeyError)
    assert str(caught.value) == "there is no account 'mycasin': did you mean 'mycasino' or 'mycasino-eu'?"
    assert pickle.loads(pickle.dumps(caught.value)).close == ("mycasino", "mycasino-eu")
    for ask in (tree.children, tree.parent, tree.depth, tree.remove):
        with pytest.raises(UnknownAccount):
            ask("nobody")
    for filters in ({"under": "nobody"}, {"names": ["other", "nobody"]}):
        with pytest.raises(UnknownAccount):
            tree.select(**filters)


@pytest.mark.parametrize(
    ("new", "told"),
    [
        (account("root"), "the name 'root' is taken"),
        (account("new", "rood"), "did you mean 'root'"),
        (account("new", "leaf"), "'leaf', which is an agent"),
        (account("new", "new"), "which is not an account"),
    ],
)
def test_an_account_that_does_not_fit_is_not_added(new, told):
    tree = Tree([account("root"), account("leaf", "root", "agent")])

    with pytest.raises(TreeError, match=told):
        tree.add(new)

    assert [each.name for each in tree] == ["root", "leaf"]


def test_two_accounts_with_one_token_are_refused_without_showing_it():
    first = Account(name="a", token="very-secret-token", currency="USD")
    second = Account(name="b", token=" very-secret-token ", currency="EUR")

    with pytest.raises(DuplicateToken) as caught:
        Tree([first, second])

    assert str(caught.value) == "the accounts 'a' and 'b' have the same token"
    tree = Tree([first])
    with pytest.raises(DuplicateToken):
        tree.add(second)
    assert len(tree) == 1


def test_a_token_is_free_again_once_its_account_has_another():
    tree = Tree([Account(name="a", token="first-token", currency="USD")])

    tree.remove("a")
    tree.add(Account(name="a", token="second-token", currency="USD"))
    tree.add(Account(name="b", token="first-token", currency="USD"))

    assert len(tree) == 2


def test_an_account_with_others_below_it_is_not_removed():
    tree = Tree([account("root"), account("leaf", "root")])

    with pytest.raises(TreeError, match="accounts below it"):
        tree.remove("root")

    tree.remove("leaf")
    tree.remove("root")
    assert "root" not in tree


def test_a_tree_may_grow_while_it_is_walked():
    tree = Tree([account("root"), account("leaf", "root")])

    for each in tree:
        if each.name == "root":
            tree.add(account("late", "root"))

    assert tree["leaf"] in tree
    assert [each.name for each in tree] == ["root", "leaf", "late"]


def test_people_see_a_tree_with_sites_and_columns():
    tree = Tree(
        [
            account("big"),
            account("west", "big"),
            account("casino-usd", "west", "agent", site="casino"),
            account("lonely", "west", "agent"),
            account("casino-eur", "west", "agent", site="casino", currency="EUR"),
            account("도박", "big", "agent", currency="KRW"),
        ]
    )
    cells = {"big": ("1000000.00", "ok"), "casino-eur": ("18000.50", "ok"), "도박": ("0", "empty")}

    assert tree.render(cells, ("points", "state")).splitlines() == [
        "account              level     currency  points      state",
        "big                  operator  USD       1000000.00  ok",
        "├─ west              operator  USD",
        "│  ├─ casino         site",
        "│  │  ├─ casino-usd  agent     USD",
        "│  │  └─ casino-eur  agent     EUR       18000.50    ok",
        "│  └─ lonely         agent     USD",
        "└─ 도박              agent     KRW       0           empty",
    ]
    assert tree.render(under="casino-usd") == "casino-usd  agent  USD"


@some
@given(forests())
def test_every_account_has_its_line_in_the_drawn_tree(accounts):
    tree = Tree(accounts)

    drawn = [line.split("─ ")[-1].split()[0] for line in tree.render().splitlines() if " site" not in line]

    assert sorted(drawn) == sorted(each.name for each in accounts)


def test_a_tree_is_shown_by_its_size_only():
    assert repr(Tree([account("a"), account("b")])) == "<Tree of 2 accounts>"


def test_a_printed_tree_has_the_points_and_states_seen_last():
    tree = Tree([account("root"), account("leaf", "root", "agent"), account("dry", "root", "agent")])
    before = str(tree)

    tree.update("root", Decimal("1234567.50"))
    tree.update("leaf", None, TokenUnavailable("no such variable"))
    tree.update("dry", Decimal(0))

    assert before.splitlines()[0] == "root     operator  USD"
    assert str(tree).splitlines() == [
        "account  level     currency  points        state",
        "root     operator  USD       1,234,567.50  ok",
        "├─ leaf  agent     USD                     not set up",
        "└─ dry   agent     USD       0             empty",
    ]
    with pytest.raises(UnknownAccount):
        tree.update("nobody", None)


FAULT: dict[str, Any] = {"operation": "operators.info", "retryable": True}
SNAPSHOT = errors.ResponseSnapshot(502, errors.Headers(), "")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            errors.NotFound(name="AGENT_NOT_FOUND", http_status=404, response=SNAPSHOT, **FAULT),
            "AGENT_NOT_FOUND",
        ),
        (errors.APIError(code=4711, http_status=400, response=SNAPSHOT, **FAULT), "code 4711"),
        (errors.APIError(http_status=400, response=SNAPSHOT, **FAULT), "HTTP 400"),
        (errors.UnexpectedResponse("HTML", response=SNAPSHOT, **FAULT), "unreadable answer, HTTP 502"),
        (errors.Timeout(limit="total", seconds=1, may_have_arrived=True, **FAULT), "no answer in time"),
        (errors.TransportError("reset", may_have_arrived=True, **FAULT), "no answer"),
        (errors.TransportError("refused", may_have_arrived=False, **FAULT), "no connection"),
        (errors.ConfigurationError("no token"), "not set up"),
        (errors.AgentClosed("closed"), "AgentClosed"),
    ],
)
def test_a_state_is_an_error_in_a_few_words(error, words):
    tree = Tree([account("a")])

    tree.update("a", None, error)

    assert str(tree).splitlines()[1].split("USD")[1].strip() == words
