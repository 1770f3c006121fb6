"""A program as it was written for 0.1.0. It is never changed: where it fails, somebody's program fails."""

import asyncio
from decimal import Decimal

from igamingace import Agent, AsyncAgent, Timeouts, callbacks, errors
from igamingace.limits import LocalLimiter
from igamingace.sandbox import Sandbox


def threads(sandbox: Sandbox) -> None:
    limiter = LocalLimiter(limit=25)
    with Agent(token=sandbox.token, base_url=sandbox.url, timeout=10, limiter=limiter) as agent:
        provider = agent.providers.list()[0]
        game = agent.games.list(provider.provider_id)[0]
        agent.players.create(player_external_id="p-9")
        moved = agent.players.deposit(
            player_external_id="p-9", currency="USD", amount=Decimal("10.25"), transaction_id="v0-d-1"
        )
        assert (moved.balance, moved.currency) == (Decimal("10.25"), "USD")
        url = agent.games.launch(
            player_id="p-9",
            provider_id=provider.provider_id,
            game_id=int(game.game_id),
            language="en",
            return_url="https://casino.example/lobby",
            is_streamer=False,
        )
        assert url.startswith("http")
        assert agent.with_options(timeout=2, urgent=True).raw.providers.list().http_status == 200
        assert agent.stats().limit == limiter.stats().limit == 25
        try:
            agent.games.list(999)
        except errors.NotFound as error:
            assert (error.code, error.name, error.operation) == (2007, "PROVIDER_NOT_FOUND", "games.list")
            assert not error.retryable
            assert isinstance(error, errors.APIError)


async def loop(sandbox: Sandbox) -> None:
    async with AsyncAgent(
        sandbox.token, base_url=sandbox.url, timeout=Timeouts(connect=5, total=30)
    ) as agent:
        providers = await agent.providers.list()
        games = await asyncio.gather(*(agent.games.list(provider.provider_id) for provider in providers[:2]))
        assert all(games)


def wallet() -> None:
    body = (
        b'{"command":"bet","transactionId":7,"playerId":"p-9","roundId":8,"providerId":1,'
        b'"gameCode":655,"currency":"USD","amount":1.50,"isBonusBusy":false,"bonusId":0,"timestamp":1713792000}'
    )
    signature = callbacks.sign(body, "token")
    callbacks.verify(body, signature, "token")
    bet = callbacks.parse(body, signature, "token")
    assert isinstance(bet, callbacks.Bet)
    assert bet.amount == Decimal("1.50")
    try:
        callbacks.verify(body + b" ", "wrong", "token")
    except callbacks.InvalidSignature:
        return
    raise AssertionError("a wrong signature was taken")


def main() -> None:
    with Sandbox() as sandbox:
        threads(sandbox)
        asyncio.run(loop(sandbox))
    wallet()


main()
