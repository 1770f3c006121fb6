"""A password is planted in calls that fail, and looked for in all frames but the test's own."""

from __future__ import annotations

from inspect import isawaitable
from typing import Any

import igamingace
import pytest
from igamingace import errors

from ..error_chain import shown_outside  # noqa: TID252 -- of all tests

PASSWORD = "hunter2-very-secret"
ACCOUNT: dict[str, Any] = {
    "operator_id": "op1",
    "name": "n",
    "currency": ["USD"],
    "ggr_rate": 10,
    "level": "agent",
}


FAILING = {
    "refused": lambda agent: agent.operators.create(**ACCOUNT, password=PASSWORD),
    "refused, raw": lambda agent: agent.raw.operators.create(**ACCOUNT, password=PASSWORD),
    "wrong rate": lambda agent: agent.operators.create(**{**ACCOUNT, "ggr_rate": "x"}, password=PASSWORD),
    "bytes": lambda agent: agent.operators.create(**ACCOUNT, password=PASSWORD.encode()),
    "surrogate": lambda agent: agent.operators.create(**ACCOUNT, password=f"{PASSWORD}\ud800"),
    "custom": lambda agent: agent.request("POST", "/v1/x", json={"password": PASSWORD}),
    "custom, raw": lambda agent: agent.raw.request("POST", "/v1/x", json={"password": PASSWORD}),
    "custom, surrogate": lambda agent: agent.request("POST", "/v1/x", json={"password": f"{PASSWORD}\ud800"}),
    "custom, a float": lambda agent: agent.request("POST", "/v1/x", json={"password": PASSWORD, "x": 0.5}),
    "custom, a GET": lambda agent: agent.request("GET", "/v1/x", json={"password": PASSWORD}),
    "extra": lambda agent: agent.with_options(extra_body={"password": PASSWORD}).players.create(
        player_external_id="p"
    ),
    "extra, a float": lambda agent: agent.with_options(extra_body={"password": PASSWORD, "x": 0.5}),
    "extra, wrong option": lambda agent: agent.with_options(
        extra_body={"password": PASSWORD}, max_retries=-1
    ),
    "extra, of a read": lambda agent: agent.with_options(extra_body={"password": PASSWORD}).providers.list(),
}


@pytest.fixture(params=[igamingace.Agent, igamingace.AsyncAgent])
def fail(request, server, answers, token):
    """Makes a call that fails, and returns its error."""
    server.answers(answers.json({"success": False, "code": 1012, "message": "no"}))

    async def fail(call):
        agent = request.param(token, base_url=server.url)
        try:
            result = call(agent)
            await result if isawaitable(result) else None
        except errors.IGamingAceError as error:
            return error
        finally:
            await agent.aclose() if isinstance(agent, igamingace.AsyncAgent) else agent.close()
        pytest.fail("nothing was raised")

    return fail


@pytest.mark.parametrize("case", FAILING)
async def test_no_frame_below_a_failed_call_shows_a_password(fail, case):
    error = await fail(FAILING[case])

    assert PASSWORD not in shown_outside(__file__, error)


async def test_a_password_that_is_none_is_missed_by_name(fail):
    error = await fail(lambda agent: agent.operators.create(**ACCOUNT, password=None))

    assert "password is required, and is None" in str(error)


def test_a_password_arrives_as_it_was_given(server, answers, token):
    server.answers(answers.success({"apiToken": "t", "token": "t", "operatorId": "op1"}))

    with igamingace.Agent(token, base_url=server.url) as agent:
        agent.operators.create(**ACCOUNT, password=PASSWORD)

    assert f'"password":"{PASSWORD}"'.encode() in server.seen[0].body
