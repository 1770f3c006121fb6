"""A filter of the user's logging that raises changes the outcome of no call."""

from __future__ import annotations

import logging

import igamingace
import pytest
from igamingace.limits import LocalLimiter


def refuse(record):
    raise RuntimeError("the log is broken")


@pytest.fixture
def broken(caplog):
    caplog.set_level(logging.DEBUG, "igamingace")
    logger = logging.getLogger("igamingace")
    logger.addFilter(refuse)
    yield
    logger.removeFilter(refuse)


@pytest.mark.usefixtures("broken")
def test_a_call_is_sent_again_after_a_refusal(client, server, answers):
    server.answers(answers.busy(), answers.success())

    client.list(limiter=LocalLimiter(3))

    assert len(server.seen) == 2


@pytest.mark.usefixtures("broken")
def test_a_write_that_is_done_is_told(server, answers, token):
    server.answers(answers.success({"playerCode": "c"}))

    with igamingace.Agent(token, base_url=server.url) as agent:
        agent.players.create(player_external_id="p")

    assert len(server.seen) == 1


@pytest.mark.usefixtures("broken")
def test_an_agent_of_an_address_without_tls_is_set_up(token):
    igamingace.Agent(token, base_url="http://plain.example").close()
