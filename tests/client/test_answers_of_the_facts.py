"""Each answer that the facts of the API tell of, as it stands there, and what a caller gets of it.

The facts are those of the contract's guide: documented, seen on a sister deployment's pages, or observed.
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import httpx2
import pytest
from igamingace import Agent, errors
from igamingace.models import BonusType, GameType, ProviderStatus, TransactionType
from igamingace_bindings.contract import OPERATIONS

D = Decimal
KOREA = timezone(timedelta(hours=9))
LAUNCH = {
    "player_id": "user123",
    "provider_id": 1,
    "game_id": 655,
    "language": "en",
    "return_url": "https://casino.example/lobby",
    "is_streamer": False,
}
URL = "https://games.igamingace.com/launch?token=9f8e7d6c5b4a"
MOVED = {"player_external_id": "user123", "currency": "USD", "amount": 1, "transaction_id": "t-1"}
WINDOW = {
    "start_time": datetime(2024, 4, 13, 9, tzinfo=KOREA),
    "end_time": datetime(2024, 4, 13, 10, tzinfo=KOREA),
    "offset": 0,
    "limit": 100,
}
ROUND = {"player_external_id": "user123", "round_id": "SP215202", "provider_id": 1, "game_code": "vswaysdogs"}
CREATED = {
    "operator_id": "mycasino",
    "password": "p",
    "name": "My Casino",
    "currency": ["USD"],
    "ggr_rate": 12,
    "level": "agent",
}
TRANSFER = {"target_operator_id": "mycasino", "currency": "USD", "amount": 1}
SPINS = {
    "platform_id": "p-1",
    "provider_id": 1,
    "game_id": 655,
    "player_id": "user123",
    "bonus_type": BonusType.FREE_SPINS,
    "call_amount": 50,
    "expire_at": datetime(2030, 12, 31, 23, 59, 59, tzinfo=UTC),
    "meta_data": {"spin_amount": 20, "base_bet_amount": D("0.2")},
}

# An operation and its arguments; the `data` of the answer as JSON; the attributes that a caller reads.
ANSWERS = {
    "the list of providers": (
        lambda agent: agent.providers.list(),
        '[{"providerId": 1, "providerName": "A", "logo": "https://x/1.png", "status": 1}]',
        [
            {
                "provider_id": 1,
                "provider_name": "A",
                "logo": "https://x/1.png",
                "status": ProviderStatus.NORMAL,
            }
        ],
    ),
    "a provider that is inactive elsewhere": (
        lambda agent: agent.providers.list(),
        '[{"providerId": 2, "status": 0}]',
        [{"provider_id": 2, "provider_name": None, "status": ProviderStatus.INACTIVE}],
    ),
    "the settings of providers": (
        lambda agent: agent.providers.list_settings(),
        '[{"providerId": 1, "currency": "USD", "enabled": true}]',
        [{"provider_id": 1, "currency": "USD", "enabled": True}],
    ),
    "the settings of one provider": (
        lambda agent: agent.providers.settings(1, "USD"),
        '{"providerId": 1, "currency": "USD", "enabled": false}',
        {"provider_id": 1, "currency": "USD", "enabled": False},
    ),
    "games with texts as ids": (
        lambda agent: agent.games.list(1),
        (
            '[{"gameID": "vswaysdogs", "gameName": "Dogs", "gameImage": "https://x/d.png", "gameType": 0,'
            ' "inMaintenance": false}]'
        ),
        [{"game_id": "vswaysdogs", "game_name": "Dogs", "game_type": GameType.SLOT, "in_maintenance": False}],
    ),
    "games with numbers as ids": (
        lambda agent: agent.games.list(1),
        '[{"gameID": 655, "gameType": 1}, {"gameID": "655", "gameType": 2}]',
        [
            {"game_id": "655", "game_type": GameType.LIVE, "game_name": None},
            {"game_id": "655", "game_type": GameType.OTHER, "in_maintenance": None},
        ],
    ),
    "a launch url": (lambda agent: agent.games.launch(**LAUNCH), f'"{URL}"', URL),
    "a launch url in an object": (
        lambda agent: agent.games.launch(**LAUNCH),
        f'{{"gameUrl": "{URL}", "sessionId": "5b0c7f5e"}}',
        URL,
    ),
    "a launch url in an object without a session": (
        lambda agent: agent.games.launch(**LAUNCH),
        f'{{"gameUrl": "{URL}"}}',
        URL,
    ),
    "a kick": (lambda agent: agent.games.kick(player_external_id="user123"), "null", None),
    "a linked player": (
        lambda agent: agent.players.create(player_external_id="user123"),
        '{"playerCode": 10482}',
        {"player_code": 10482},
    ),
    "a player": (
        lambda agent: agent.players.info(player_external_id="user123"),
        '{"playerCode": 10482, "balance": [{"currency": "USD", "amount": 150.25}]}',
        {"player_code": 10482, "balance": [{"currency": "USD", "amount": D("150.25")}]},
    ),
    "a deposit": (
        lambda agent: agent.players.deposit(**MOVED),
        '{"balance": 250.75, "currency": "USD"}',
        {"balance": D("250.75"), "currency": "USD"},
    ),
    "a withdrawal": (
        lambda agent: agent.players.withdraw(**MOVED),
        '{"balance": 0, "currency": "USD"}',
        {"balance": D(0), "currency": "USD"},
    ),
    "an account": (
        lambda agent: agent.operators.info(),
        (
            '{"id": "mycasino", "name": "My Casino", "parentId": "big", "balance": [{"currency": "USD",'
            ' "amount": 25000}], "rtp": 92.5, "callbackURL": "https://w/", "allowedIPs": ["203.0.113.7"],'
            ' "providers": [1, 2], "ggrRate": 12.5, "level": "agent", "paymentMethod": "deposit"}'
        ),
        {
            "id": "mycasino",
            "name": "My Casino",
            "parent_id": "big",
            "balance": [{"currency": "USD", "amount": D(25000)}],
            "rtp": D("92.5"),
            "callback_url": "https://w/",
            "allowed_ips": ["203.0.113.7"],
            "providers": [1, 2],
            "ggr_rate": D("12.5"),
            "level": "agent",
            "payment_method": "deposit",
        },
    ),
    "a new account": (
        lambda agent: agent.operators.create(**CREATED),
        '{"id": "mycasino", "token": "60349266c8d9487eab7531b1a15d2480"}',
        {"id": "mycasino", "token": "60349266c8d9487eab7531b1a15d2480"},
    ),
    "a changed account": (lambda agent: agent.operators.update(name="x"), "{}", None),
    "a transfer of points": (
        lambda agent: agent.operators.transfer_balance(**TRANSFER),
        (
            '{"currency": "USD", "myPreBalance": 2, "myAfterBalance": 1, "targetPreBalance": 0.5,'
            ' "targetAfterBalance": 1.5}'
        ),
        {
            "currency": "USD",
            "my_pre_balance": D(2),
            "my_after_balance": D(1),
            "target_pre_balance": D("0.5"),
            "target_after_balance": D("1.5"),
        },
    ),
    "a page of transactions": (
        lambda agent: agent.transactions.list(**WINDOW),
        (
            '{"total": 1, "offset": 0, "count": 1, "list": [{"transId": "SP215202", "transType": 1,'
            ' "userCode": 7, "userExternalId": "user123", "roundId": "R-9", "roundType": "spin",'
            ' "providerId": 1, "providerName": "A", "gameCode": "vswaysdogs", "gameName": "Dogs",'
            ' "amount": 1.50, "balance": 98.5, "createdAt": "2024-04-13 09:30:00"}]}'
        ),
        {
            "total": 1,
            "offset": 0,
            "count": 1,
            "list_": [
                {
                    "trans_id": "SP215202",
                    "trans_type": TransactionType.BET,
                    "user_code": 7,
                    "user_external_id": "user123",
                    "round_id": "R-9",
                    "round_type": "spin",
                    "provider_id": 1,
                    "provider_name": "A",
                    "game_code": "vswaysdogs",
                    "game_name": "Dogs",
                    "amount": D("1.50"),
                    "balance": D("98.5"),
                    "created_at": datetime(2024, 4, 13, 0, 30, tzinfo=UTC),
                }
            ],
        },
    ),
    "a transaction with numbers as ids": (
        lambda agent: agent.transactions.list(**WINDOW),
        (
            '{"total": 1, "offset": 0, "count": 1, "list": [{"transId": 9007199254740993, "transType": 64,'
            ' "roundId": 7300120045000, "gameCode": 655}]}'
        ),
        {
            "list_": [
                {
                    "trans_id": "9007199254740993",
                    "trans_type": 64,
                    "round_id": "7300120045000",
                    "game_code": "655",
                    "amount": None,
                    "created_at": None,
                }
            ]
        },
    ),
    "the page of a round": (
        lambda agent: agent.transactions.round(**ROUND),
        '[{"url": "https://games.igamingace.com/round?token=0a1b2c"}]',
        [{"url": "https://games.igamingace.com/round?token=0a1b2c"}],
    ),
    "a registered bonus call": (
        lambda agent: agent.bonus_calls.register(**SPINS),
        '{"issueId": 90211}',
        {"issue_id": "90211"},
    ),
    "a cancelled bonus call": (
        lambda agent: agent.bonus_calls.cancel(player_id="user123", issue_id="90211"),
        "null",
        None,
    ),
    "the detail of a bonus call at Scorpio Play": (
        lambda agent: agent.bonus_calls.detail("i3746"),
        (
            '{"issueId": "i3746", "operatorId": "mycasino", "providerId": 1, "gameCode": "vswaysdogs",'
            ' "playerExternalId": "user123", "currency": "USD", "bonusType": 2, "callAmount": 50, "metaData":'
            ' {"spinAmount": 20, "playedAmount": 8, "betLevel": 0.2, "expireAt": "2030-12-31T23:59:59.000Z",'
            ' "maxWinAmount": 50}, "status": 1, "totalWinAmount": 3.2, "createdAt": "2024-04-13 09:30:00"}'
        ),
        {
            "issue_id": "i3746",
            "operator_id": "mycasino",
            "provider_id": 1,
            "game_code": "vswaysdogs",
            "player_external_id": "user123",
            "currency": "USD",
            "bonus_type": BonusType.REGULAR,
            "call_amount": D(50),
            "meta_data": {
                "spin_amount": 20,
                "played_amount": D(8),
                "bet_level": D("0.2"),
                "expire_at": datetime(2030, 12, 31, 23, 59, 59, tzinfo=UTC),
                "max_win_amount": D(50),
            },
            "status": 1,
            "total_win_amount": D("3.2"),
            "created_at": datetime(2024, 4, 13, 9, 30, tzinfo=UTC),
            "rounds_remaining": None,
        },
    ),
    "the detail of a bonus call at Bull Play": (
        lambda agent: agent.bonus_calls.detail(90211),
        '{"issueId": 90211, "status": "ACTIVE", "roundsRemaining": 12}',
        {
            "issue_id": "90211",
            "status": "ACTIVE",
            "rounds_remaining": 12,
            "meta_data": None,
            "bonus_type": None,
            "created_at": None,
        },
    ),
}


def compare(found, expected, place):
    """Assert that what was read has these attributes, and that each has the type that is expected."""
    if isinstance(expected, list):
        assert isinstance(found, list), place
        assert len(found) == len(expected), place
        for index, (one, wanted) in enumerate(zip(found, expected, strict=True)):
            compare(one, wanted, f"{place}[{index}]")
    elif isinstance(expected, dict):
        for name, wanted in expected.items():
            compare(getattr(found, name), wanted, f"{place}.{name}")
    else:
        assert found == expected, place
        assert isinstance(found, type(expected)), place


def answering(body, status=200):
    """Return a transport that gives this body to every request."""
    return httpx2.MockTransport(lambda _: httpx2.Response(status, text=body))


@pytest.mark.parametrize("strict", [False, True], ids=["tolerant", "strict"])
@pytest.mark.parametrize(("call", "data", "expected"), ANSWERS.values(), ids=ANSWERS)
def test_an_answer_of_the_facts_is_read(call, data, expected, strict):
    body = f'{{"success": true, "message": "OK", "data": {data}}}'
    with Agent("t", transport=answering(body), strict=strict) as agent:
        compare(call(agent), expected, "data")


def test_every_operation_has_an_answer_in_the_table():
    seen = set()

    def note(request):
        seen.add(f"{request.method} {request.url.path}")
        return httpx2.Response(200, text='{"success": true, "message": "OK"}')

    with Agent("t", transport=httpx2.MockTransport(note)) as agent:
        for call, _, _ in ANSWERS.values():
            with suppress(errors.UnexpectedResponse):
                call(agent)

    patterns = {
        name: re.compile(re.sub(r"{[^}]+}", "[^/]+", f"{operation.method} {operation.path}"))
        for name, operation in OPERATIONS.items()
    }
    assert {name for name, pattern in patterns.items() if not any(map(pattern.fullmatch, seen))} == set()


# How errors look: the HTTP status and the body of one that says USER_NOT_FOUND.
REFUSALS = {
    "the name in errorCode": (
        404,
        '{"success": false, "errorCode": "USER_NOT_FOUND", "message": "no player"}',
    ),
    "the name in code": (404, '{"success": false, "code": "USER_NOT_FOUND", "message": "no player"}'),
    "the name in message": (404, '{"success": false, "message": "USER_NOT_FOUND"}'),
    "the number in code": (404, '{"success": false, "code": 2002, "message": "USER_NOT_FOUND"}'),
    "the number under 200": (200, '{"code": 2002, "message": "USER_NOT_FOUND", "success": false}'),
    "the older envelope under 200": (200, '{"code": 2002, "message": "USER_NOT_FOUND"}'),
}


@pytest.mark.parametrize(("status", "body"), REFUSALS.values(), ids=REFUSALS)
def test_an_error_of_the_facts_is_told_by_its_code(status, body):
    with Agent("t", transport=answering(body, status)) as agent, pytest.raises(errors.NotFound) as raised:
        agent.players.info(player_external_id="nobody")

    assert (raised.value.code, raised.value.name) == (2002, "USER_NOT_FOUND")


def test_json_without_any_code_of_ours_is_told_by_its_status():
    body = '{"statusCode": 404, "message": "Cannot GET /v1/player/info", "error": "Not Found"}'
    with Agent("t", transport=answering(body, 404)) as agent, pytest.raises(errors.NotFound) as raised:
        agent.players.info(player_external_id="user123")

    assert raised.value.code is None
    assert "Cannot GET" in str(raised.value)
