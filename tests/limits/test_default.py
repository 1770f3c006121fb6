"""The limiter of clients that are given none: of the process, or as the environment says."""

import os
import subprocess
import sys

import pytest
from igamingace import Agent
from igamingace.errors import ConfigurationError
from igamingace.limits import LocalLimiter, RedisLimiter, _default, default_limiter

TOKEN = "60349266c8d9487eab7531b1a15d2480"


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    """As in a process that has made no client yet."""
    made = []
    monkeypatch.setattr(_default, "_limiters", made)
    for name in (_default.LIMIT_VARIABLE, _default.REDIS_URL_VARIABLE):
        monkeypatch.delenv(name, raising=False)
    yield
    for limiter in made:
        if isinstance(limiter, RedisLimiter):
            limiter.close()


def test_without_variables_it_is_the_contract_s_limit_in_this_process():
    limiter = default_limiter()

    assert isinstance(limiter, LocalLimiter)
    assert limiter.stats().limit == 50


def test_a_limit_alone_is_this_process_share(monkeypatch):
    monkeypatch.setenv("IGAMINGACE_LIMIT", " 12 ")

    with Agent(TOKEN) as agent:
        assert agent.stats().limit == 12
    assert isinstance(default_limiter(), LocalLimiter)


def test_a_url_of_redis_makes_it_one_for_many_processes(monkeypatch):
    monkeypatch.setenv("IGAMINGACE_REDIS_URL", "redis://127.0.0.1:1/0")

    limiter = default_limiter()

    assert isinstance(limiter, RedisLimiter)
    assert limiter.stats().limit == 50


def test_with_both_the_limit_is_that_of_all_processes(monkeypatch):
    monkeypatch.setenv("IGAMINGACE_LIMIT", "30")
    monkeypatch.setenv("IGAMINGACE_REDIS_URL", "redis://127.0.0.1:1/0")

    limiter = default_limiter()

    assert isinstance(limiter, RedisLimiter)
    assert limiter.stats().limit == 30


def test_an_empty_variable_is_as_none(monkeypatch):
    monkeypatch.setenv("IGAMINGACE_LIMIT", "")
    monkeypatch.setenv("IGAMINGACE_REDIS_URL", "")

    assert isinstance(default_limiter(), LocalLimiter)


def test_a_limiter_that_is_given_wins(monkeypatch):
    monkeypatch.setenv("IGAMINGACE_LIMIT", "nonsense")

    with Agent(TOKEN, limiter=LocalLimiter(7)) as agent:
        assert agent.stats().limit == 7


@pytest.mark.parametrize("text", ["0", "-1", "12.5", "fifty", "1e2", "9" * 30])
def test_an_invalid_limit_is_told_with_its_variable(monkeypatch, text):
    monkeypatch.setenv("IGAMINGACE_LIMIT", text)

    with pytest.raises(ConfigurationError, match=r"^IGAMINGACE_LIMIT is '.*'; use the number"):
        default_limiter()


def test_an_invalid_url_is_told_with_its_variable_and_without_its_password(monkeypatch):
    monkeypatch.setenv("IGAMINGACE_REDIS_URL", "http://user:a-secret-word@redis.example/0")

    with pytest.raises(
        ConfigurationError, match=r"^IGAMINGACE_REDIS_URL: the URL of Redis is invalid"
    ) as caught:
        default_limiter()

    assert "a-secret-word" not in str(caught.value)
    assert caught.value.__context__ is None


def test_without_the_extra_a_url_says_what_to_install(monkeypatch):
    code = "import sys; sys.modules['redis'] = None\n"
    code += "from igamingace.limits import default_limiter\ndefault_limiter()"
    environment = {"IGAMINGACE_REDIS_URL": "redis://127.0.0.1:1/0"}

    ended = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )

    assert "pip install 'igamingace[redis]'" in ended.stderr


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_child_does_not_wait_for_a_thread_of_its_parent():
    with _default._lock:
        child = os.fork()
        if child == 0:
            os._exit(0 if _default._lock.acquire(blocking=False) else 1)

    assert os.waitpid(child, 0)[1] == 0
