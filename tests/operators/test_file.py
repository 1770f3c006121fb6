"""The file of accounts: each mistake is told with its line, no token is, and the good ones make a tree."""

import logging
import os
import pickle
import traceback

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from igamingace.errors import ConfigurationError
from igamingace.operators import AccountsFileError, Tree
from igamingace.operators._accounts.accounts_file import from_environment, load

SECRET = "60349266c8d9487eab7531b1a15d2480"
GOOD = """\
base_url = "https://api.casino.example/"

[[account]]
name = "bigoperator"
level = "operator"
currency = "USD"
token_env = "BIGOPERATOR_TOKEN"

[[account]]  # Europe
name = "mycasino-eu"
parent = "bigoperator"
site = "mycasino"
currency = "EUR"
token_file = "secrets/mycasino-eu"
operator_id = "eu-1"
base_url = "https://eu.casino.example"
"""


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Return a function that writes a file of accounts nobody else may read."""
    monkeypatch.chdir(tmp_path)

    def write_(text, mode=0o600):
        path = tmp_path / "agents.toml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        path.chmod(mode)
        return "agents.toml"

    return write_


@pytest.fixture
def problems(write):
    """Return a function that tells what is wrong with a file."""

    def problems_(text):
        with pytest.raises(AccountsFileError) as caught:
            load(write(text))
        return [*caught.value.problems]

    return problems_


def one(**keys):
    given = {"name": '"a"', "currency": '"USD"', "token_env": '"A"', **keys}
    return "[[account]]\n" + "".join(f"{key} = {value}\n" for key, value in given.items() if value)


def test_a_good_file_gives_its_accounts_in_order(write, tmp_path, monkeypatch):
    path = write(GOOD)
    monkeypatch.setenv("BIGOPERATOR_TOKEN", "token-of-the-operator")
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "mycasino-eu").write_text("token-of-the-agent\n")
    (tmp_path / "secrets" / "mycasino-eu").chmod(0o600)

    operator, agent = load(path)

    assert operator.open_token() == "token-of-the-operator"
    assert (operator.name, operator.level, operator.currency) == ("bigoperator", "operator", "USD")
    assert operator.base_url == "https://api.casino.example"
    assert agent.open_token() == "token-of-the-agent"
    assert (agent.level, agent.parent, agent.site) == ("agent", "bigoperator", "mycasino")
    assert (agent.operator_id, agent.base_url) == ("eu-1", "https://eu.casino.example")
    assert len(Tree([operator, agent])) == 2


def test_a_token_file_is_found_from_the_folder_of_the_accounts(write, tmp_path, monkeypatch):
    write(one(token_env=None, token_file='"token"'))
    (tmp_path / "token").write_text("from-a-file")
    (tmp_path / "token").chmod(0o600)
    monkeypatch.chdir("/")

    (account,) = load(tmp_path / "agents.toml")

    assert account.open_token() == "from-a-file"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            one(currency='"EURO"'),
            (
                "agents.toml:3: [[account]] currency: 'EURO' is not an ISO 4217 code; "
                "use three capital letters, such as EUR"
            ),
        ),
        (
            one(curency='"EUR"'),
            ("agents.toml:5: [[account]] there is no key 'curency' here: did you mean 'currency'?"),
        ),
        (one(currency=None), 'agents.toml:1: [[account]] currency is missing: write currency = "USD"'),
        (one(name=None), 'agents.toml:1: [[account]] name is missing: write name = "mycasino"'),
        (one(name="5"), "agents.toml:2: [[account]] name: 5 is not text; write it in double quotes"),
        (
            one(level='"agnt"'),
            "agents.toml:5: [[account]] level: 'agnt' is invalid; use 'operator' or 'agent'",
        ),
        (
            one(base_url='"x"'),
            (
                "agents.toml:5: [[account]] base_url: the base URL needs the form "
                "https://api.igamingace.com: a scheme (https) and a host"
            ),
        ),
        (
            one(token_env=None),
            (
                "agents.toml:1: [[account]] the token is missing: "
                'write token_env = "NAME" of a variable, token_file or token'
            ),
        ),
        (
            one(token='"x"'),
            ("agents.toml:5: [[account]] the token is given 2 times: write only one of token_env, token"),
        ),
        (one(token_env='"A-B"'), "agents.toml:4: [[account]] token_env: 'A-B' is not the name of a variable"),
        (
            one(token_env="5"),
            "agents.toml:4: [[account]] token_env: 5 is not text; write it in double quotes",
        ),
        (
            one(token_env=None, token="5"),
            ("agents.toml:4: [[account]] token: the token is not text; it must be the account's API token"),
        ),
        (
            one(token_env=None, token='""'),
            "agents.toml:4: [[account]] token: the token is empty; it must be the account's API token",
        ),
        (
            "bas_url = 'x'\n" + one(),
            ("agents.toml:1: there is no key 'bas_url' outside of [[account]]: did you mean 'base_url'?"),
        ),
        (
            one() + "[acount]\n",
            ("agents.toml:5: there is no key 'acount' outside of [[account]]: did you mean 'account'?"),
        ),
        ("base_url = 5\n" + one(), "agents.toml:1: base_url: 5 is not text; write it in double quotes"),
        (
            "[account]\nname = 'a'\n",
            "agents.toml:1: write [[account]], in two brackets, above the lines of each account",
        ),
        ("\n", "agents.toml:1: there is no account: write [[account]] above the lines of each account"),
        (
            "[[account]]\nname = foo\n",
            ('agents.toml:2: column 8: Invalid value; write text in double quotes, as in name = "mycasino"'),
        ),
        ("[[account]\n", "agents.toml:1: column 10: Expected ']]' at the end of an array declaration"),
        (b"\xff", "agents.toml: is not valid UTF-8; save the file as UTF-8"),
    ],
)
def test_a_mistake_is_told_with_its_line_and_what_is_expected(problems, text, told):
    assert problems(text) == [told]


@pytest.mark.parametrize(
    ("accounts", "told"),
    [
        (
            [one(), one(token_env='"B"')],
            "agents.toml:6: [[account]] name: the name 'a' is already used by another account",
        ),
        (
            [one(parent='"b"')],
            "agents.toml:5: [[account]] parent: the parent of 'a' is 'b', which is not an account",
        ),
        (
            [one(), one(name='"b"', token_env='"B"', parent='"a"')],
            (
                "agents.toml:9: [[account]] parent: 'b' is below 'a', which is an agent: "
                "only operators have children"
            ),
        ),
        (
            [one(level='"operator"', parent='"a"')],
            "agents.toml:6: [[account]] parent: accounts are below each other: a -> a",
        ),
        (
            [one(), one(name='"b"')],
            "agents.toml:8: [[account]] token_env: the accounts 'a' and 'b' have the same token",
        ),
    ],
)
def test_accounts_that_make_no_tree_are_told_with_their_lines(problems, accounts, told):
    assert problems("".join(accounts)) == [told]


def test_what_an_editor_puts_at_the_start_of_a_file_is_left_out(write):
    (account,) = load(write(b"\xef\xbb\xbf" + one().encode()))

    assert account.name == "a"


def test_a_file_that_is_not_there_is_told(write):
    with pytest.raises(AccountsFileError, match=r"nowhere\.toml: cannot be read: No such file"):
        load("nowhere.toml")


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file(problems):
    found = problems(one(curency='"X"') + one(name="1") + "x = 1\n" + one(level='"x"') * 30)

    assert [problem.split(":")[1] for problem in found[:4]] == ["5", "7", "10", "15"]
    assert found[-1] == "agents.toml: and 13 more"
    error = AccountsFileError(found)
    assert pickle.loads(pickle.dumps(error)).problems == tuple(found)
    assert str(error).splitlines() == found


WRONG_WITH_TOKENS = [
    one(token_env=None, token=f'"{SECRET}"', currency='"EURO"'),
    one(token_env=None, tokn=f'"{SECRET}"'),
    one(token_env=None, token=f'["{SECRET}"]'),
    one(token_env=None, token=f'"Bearer {SECRET}"'),
    one(token_env=f'"{SECRET}"'),
    one(token_env=None, token_file=f'"{SECRET}"'),
    one(currency=f'"{SECRET}"'),
    one(name=f'"{SECRET} "'),
    one(token_env=None, token=SECRET),
    one(token_env=None, token=f'"{SECRET}'),
    one(token_env=None, token=f'"{SECRET}"') + one(name='"b"', token_env=None, token=f'"{SECRET}"'),
    f'token = "{SECRET}"\n' + one(),
    f'"{SECRET}" = 1\n' + one(),
]


@pytest.mark.parametrize("text", WRONG_WITH_TOKENS)
def test_no_mistake_shows_a_token_in_message_or_traceback(write, text):
    try:
        load(write(text))
    except AccountsFileError as error:
        shown = traceback.TracebackException.from_exception(error, capture_locals=True)
    here = [frame for frame in shown.stack if frame.filename == __file__]
    told = str(shown) + "".join(str(frame.locals) for frame in shown.stack if frame not in here)

    assert shown.__cause__ is shown.__context__ is None
    assert SECRET not in told


@pytest.mark.skipif(os.name != "posix", reason="files have no such modes there")
@pytest.mark.parametrize(("mode", "warned"), [(0o600, False), (0o640, True), (0o604, True)])
def test_tokens_in_a_file_that_others_may_read_are_warned_about(write, caplog, mode, warned):
    path = write(one(token_env=None, token=f'"{SECRET}"') + one(name='"b"', token_env='"B"'), mode=mode)

    with caplog.at_level(logging.WARNING):
        load(path)

    told = [record.getMessage() for record in caplog.records]
    expected = (
        f"agents.toml holds tokens in plain text (line 4) and can be read by others (mode {mode:03o}): "
        "chmod 600, or use token_env or token_file"
    )
    assert told == ([expected] if warned else [])


@pytest.mark.skipif(os.name != "posix", reason="files have no such modes there")
def test_a_file_without_tokens_may_be_read_by_everybody(write, caplog):
    with caplog.at_level(logging.WARNING):
        load(write(one(), mode=0o644))

    assert caplog.records == []


FILLERS = st.sampled_from(
    [
        "",
        "# [[account]]",
        "   # note = '''",
        "\t",
        'site = "#[[account]]"',
        "site = '''\n[[account]]\nx = \"1\"'''",
        'site = """a\\"""\n[[account]]\n"""',
        'parent = """\\\n  x"""',
        "site = '''a''''",
        'site = """""a"""""',
    ]
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(FILLERS, min_size=1, max_size=6), st.sampled_from(["\n", "\r\n"]), st.data())
def test_a_line_is_found_whatever_stands_around_it(tmp_path, fillers, ending, data):
    headers = st.sampled_from(["[[account]]", "  [[ account ]]  # here", '[["account"]]', "[['account']]"])
    pieces = []
    for number, filler in enumerate(fillers):
        pieces += [
            data.draw(headers),
            f'name = "a{number}"',
            filler,
            '"currency" = "USD"',
            f'token_env="T{number}"',
        ]
    pieces += ["[[account]]", "name = 'last'", "token_env = 'LAST'", "currency = ["]
    text = "\n".join(pieces)
    wrong = text.count("\n") + 1
    path = tmp_path / "agents.toml"
    path.write_bytes((text + "\n 'USD', # and\n 'EUR',\n]\n").replace("\n", ending).encode())

    with pytest.raises(AccountsFileError) as caught:
        load(path)

    several = "['USD', 'EUR'] is more than one; an account has one"
    told = [problem.removeprefix(f"{path}:") for problem in caught.value.problems]
    assert [each for each in told if several in each] == [
        f"{wrong}: [[account]] currency: {several}: add an account for each currency"
    ]


def test_the_environment_names_the_file(write):
    path = write(one())

    (account,) = from_environment({"IGAMINGACE_ACCOUNTS": path, "IGAMINGACE_API_TOKEN": "x"})

    assert account.name == "a"


def test_the_environment_alone_describes_one_account(monkeypatch):
    monkeypatch.setenv("IGAMINGACE_API_TOKEN", SECRET)

    (account,) = from_environment({"IGAMINGACE_API_TOKEN": SECRET, "IGAMINGACE_CURRENCY": "KRW"})

    assert (account.name, account.currency, account.level) == ("default", "KRW", "agent")
    assert account.open_token() == SECRET


@pytest.mark.parametrize(
    ("environ", "told"),
    [
        ({}, "no accounts: set IGAMINGACE_ACCOUNTS"),
        ({"IGAMINGACE_ACCOUNTS": ""}, "no accounts: set IGAMINGACE_ACCOUNTS"),
        ({"IGAMINGACE_API_TOKEN": SECRET}, "IGAMINGACE_CURRENCY is not set"),
        ({"IGAMINGACE_API_TOKEN": SECRET, "IGAMINGACE_CURRENCY": "usd"}, "such as USD"),
        ({"IGAMINGACE_ACCOUNTS": "/no/where.toml"}, "cannot be read"),
    ],
)
def test_an_environment_that_does_not_do_says_what_to_set(environ, told):
    with pytest.raises(ConfigurationError) as caught:
        from_environment(environ)

    assert told in str(caught.value)
    assert SECRET not in str(caught.value)


def test_a_path_that_can_be_none_is_told():
    with pytest.raises(AccountsFileError, match="the path contains a null character"):
        load("a\0b")


def test_a_token_file_that_can_be_none_is_told_with_its_line(problems):
    text = '[[account]]\nname = "a"\ncurrency = "USD"\ntoken_file = "a\\u0000b"\n'

    (problem,) = problems(text)

    assert problem.startswith("agents.toml:4: [[account]] token_file: ")


def test_a_number_of_too_many_digits_is_told_with_its_line(problems):
    assert problems(f'[[account]]\nname = "12"\ncurrency = {"9" * 5000}\n') == [
        "agents.toml:3: a number has too many digits"
    ]
