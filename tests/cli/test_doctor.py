"""`igamingace doctor`: a table of what decides whether accounts are ready to go live."""

import pytest
from igamingace.limits import RedisLimiter, _default
from igamingace.operators import DOCTOR_CHECKS


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    """As in a process that has made no client yet."""
    made = []
    monkeypatch.setattr(_default, "_limiters", made)
    monkeypatch.delenv("IGAMINGACE_REDIS_URL", raising=False)
    yield
    for limiter in made:
        if isinstance(limiter, RedisLimiter):
            limiter.close()


def test_accounts_are_shown_in_one_table_with_what_to_do(run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "240")
    done = run("doctor", "--no-callbacks")

    assert all(check in done.stdout for check in DOCTOR_CHECKS)
    assert "all 5" in done.stdout
    assert "name the addresses of your servers" in done.stdout
    assert "5 of 5 accounts are ready." in done.stdout


def test_one_account_is_checked_by_name_and_all_by_all(run):
    assert [*run.json("doctor", "-a", "mycasino", "--no-callbacks")["agents"]] == ["mycasino"]
    assert len(run.json("doctor", "--account", "all", "--no-callbacks")["agents"]) == 5


def test_accounts_below_one_are_checked_by_its_name(run):
    assert [*run.json("doctor", "--under", "west", "--no-callbacks")["agents"]] == ["west-usd", "west-poor"]


def test_an_account_that_is_not_ready_is_1_and_each_line_says_what_to_do(broken, monkeypatch):
    monkeypatch.setenv("COLUMNS", "240")
    document = broken.json("doctor", "--no-callbacks", "--floor", "USD=1000000", "--floor", "EUR=1", status=1)

    for results in document["agents"].values():
        for result in results:
            assert result["state"] == "ok" or result["advice"] or "not checked" in result["detail"]
    assert "2 of 7" not in broken("doctor", "--no-callbacks", "--floor", "1000000", status=1).stdout


def test_without_an_account_it_cannot_be_run(run):
    done = run("doctor", "-a", "nobody", status=2)

    assert "nobody" in done.stderr


def test_the_environment_names_the_redis_of_the_shared_budget(run, monkeypatch):
    monkeypatch.setenv("IGAMINGACE_REDIS_URL", "redis://:a-password@127.0.0.1:1/0")

    document = run.json("doctor", "-a", "mycasino", "--no-callbacks", status=1)

    (budget,) = [one for one in document["agents"]["mycasino"] if one["check"] == "budget"]
    assert budget["state"] == "failed"
    assert "Redis cannot be reached" in budget["detail"]
    assert "a-password" not in str(document)


def test_a_redis_url_that_is_none_is_2(run, monkeypatch):
    monkeypatch.setenv("IGAMINGACE_REDIS_URL", "http://127.0.0.1")

    assert "the URL of Redis is invalid" in run("doctor", status=2).stderr


@pytest.mark.parametrize("name", ["doctor"])
def test_a_file_that_is_missing_is_2(run, name):
    run(name, "--file", "nothing.toml", status=2)
