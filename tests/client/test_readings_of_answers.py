"""What a caller gets of every answer that is documented, stated by a sister, or was seen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from igamingace import errors
from igamingace.models import BonusType, GameType, ProviderStatus, TransactionType

from .conftest import launch

KOREA = timezone(timedelta(hours=9))
TRANSACTION = {
    "transId": "7300120045001",
    "transType": 1,
    "userCode": 10482,
    "userExternalId": "user123",
    "roundId": "7300120045000",
    "roundType": "spin",
    "providerId": 1,
    "providerName": "Northern Reels",
    "gameCode": "vswaysdogs",
    "gameName": "Fjord Fortune",
    "amount": 1.5,
    "balance": 148.5,
    "createdAt": "2024-04-13 09:30:00",
}
PAGE: dict[str, Any] = {"total": 1, "offset": 0, "count": 1, "list": [TRANSACTION]}
SCORPIO_CALL = {
    "issueId": "i3746",
    "operatorId": "mycasino",
    "providerId": 1,
    "gameCode": "vswaysdogs",
    "playerExternalId": "user123",
    "currency": "USD",
    "bonusType": 1,
    "callAmount": 50,
    "metaData": {
        "spinAmount": 20,
        "playedAmount": 8,
        "betLevel": 0.2,
        "expireAt": "2030-12-31T23:59:59.000Z",
        "maxWinAmount": 50,
    },
    "status": 1,
    "totalWinAmount": 3.2,
    "createdAt": "2024-04-13 09:30:00",
}
OPERATOR: dict[str, Any] = {
    "id": "mycasino",
    "name": "My Casino",
    "parentId": "bigoperator",
    "balance": [{"currency": "USD", "amount": 25000}],
    "rtp": 92.5,
    "callbackURL": "https://wallet.casino.example/igamingace",
    "allowedIPs": ["203.0.113.7"],
    "providers": [1, 2],
    "ggrRate": 12.5,
    "level": "agent",
    "paymentMethod": "deposit",
}
MOVED = {
    "currency": "USD",
    "myPreBalance": 100,
    "myAfterBalance": 90,
    "targetPreBalance": 0.5,
    "targetAfterBalance": 10.5,
}


def providers(agent):
    return agent.providers.list()


def games(agent):
    return agent.games.list(1)


def info(agent):
    return agent.players.info(player_external_id="user123")


def deposit(agent):
    return agent.players.deposit(
        player_external_id="user123", currency="USD", amount=Decimal(5), transaction_id="d-1"
    )


def withdraw(agent):
    return agent.players.withdraw(
        player_external_id="user123", currency="USD", amount=Decimal(5), transaction_id="w-1"
    )


def create_operator(agent):
    return agent.operators.create(
        operator_id="mycasino",
        password="secret",
        name="My Casino",
        currency=["USD"],
        ggr_rate=Decimal(10),
        level="agent",
    )


def move(agent):
    return agent.operators.transfer_balance(target_operator_id="mycasino", currency="USD", amount=Decimal(10))


def transactions(agent):
    start = datetime(2024, 4, 13, tzinfo=UTC)
    return agent.transactions.list(start_time=start, end_time=start + timedelta(hours=1), offset=0, limit=100)


def round_pages(agent):
    return agent.transactions.round(
        player_external_id="user123", round_id="7300120045000", provider_id=1, game_code="vswaysdogs"
    )


def register(agent):
    return agent.bonus_calls.register(
        platform_id="promo-1",
        provider_id=1,
        game_id="655",
        player_id="user123",
        bonus_type=BonusType.FREE_SPINS,
        call_amount=Decimal(50),
        expire_at=datetime(2030, 12, 31, tzinfo=UTC),
        meta_data={"spin_amount": 20, "base_bet_amount": Decimal("0.2")},
    )


ANSWERS: dict[str, Any] = {
    # name: the call, the data of the answer, what of it is looked at, and what that is
    "providers (sister)": (
        providers,
        [{"providerId": 1, "providerName": "Nova", "logo": "https://cdn.example/nova.png", "status": 2}],
        lambda got: (got[0].provider_id, got[0].provider_name, got[0].logo, got[0].status),
        (1, "Nova", "https://cdn.example/nova.png", ProviderStatus.MAINTENANCE),
    ),
    "status 0, elsewhere (older)": (
        providers,
        [{"providerId": 1, "status": 0}],
        lambda got: got[0].status,
        ProviderStatus.INACTIVE,
    ),
    "provider settings (sister)": (
        lambda agent: agent.providers.settings(1, "USD"),
        {"providerId": 1, "currency": "USD", "enabled": True},
        lambda got: (got.provider_id, got.currency, got.enabled),
        (1, "USD", True),
    ),
    "all provider settings (sister)": (
        lambda agent: agent.providers.list_settings(),
        [{"providerId": 1, "currency": "USD", "enabled": "1"}],
        lambda got: got[0].enabled,
        True,
    ),
    "games with texts as ids (sister)": (
        games,
        [
            {
                "gameID": "vswaysdogs",
                "gameName": "The Dog House",
                "gameImage": "https://cdn.example/x.png",
                "gameType": 0,
                "inMaintenance": False,
            }
        ],
        lambda got: (got[0].game_id, got[0].game_type, got[0].in_maintenance),
        ("vswaysdogs", GameType.SLOT, False),
    ),
    "games with numbers as ids (documented launch)": (
        games,
        [{"gameID": 655}],
        lambda got: got[0].game_id,
        "655",
    ),
    "a type of games nobody knows": (
        games,
        [{"gameID": 655, "gameType": 9}],
        lambda got: (got[0].game_type, got[0].game_type.name),
        (9, "UNKNOWN_9"),
    ),
    "a launch url (documented)": (
        launch,
        "https://games.igamingace.com/launch?token=9f8e",
        lambda got: got,
        "https://games.igamingace.com/launch?token=9f8e",
    ),
    "a launch object (sister)": (
        launch,
        {"gameUrl": "https://games.example/launch?token=9f8e", "sessionId": "5b0c"},
        lambda got: got,
        "https://games.example/launch?token=9f8e",
    ),
    "a kick (sister)": (
        lambda agent: agent.games.kick(player_external_id="user123"),
        None,
        lambda got: got,
        None,
    ),
    "a link (sister)": (
        lambda agent: agent.players.create(player_external_id="user123"),
        {"playerCode": 10482},
        lambda got: got.player_code,
        10482,
    ),
    "a link, its number in a text": (
        lambda agent: agent.players.create(player_external_id="user123"),
        {"playerCode": "10482"},
        lambda got: got.player_code,
        10482,
    ),
    "a player (sister)": (
        info,
        {"playerCode": 10482, "balance": [{"currency": "USD", "amount": 10.50}]},
        lambda got: [(money.currency, money.amount) for money in got.balance],
        [("USD", Decimal("10.5"))],
    ),
    "amounts as texts (observed in callbacks)": (
        info,
        {"playerCode": 10482, "balance": [{"currency": "USD", "amount": "10.50"}]},
        lambda got: str(got.balance[0].amount),
        "10.50",
    ),
    "a deposit (sister)": (
        deposit,
        {"balance": 15, "currency": "USD"},
        lambda got: (got.balance, got.currency),
        (Decimal(15), "USD"),
    ),
    "a withdrawal (sister)": (
        withdraw,
        {"balance": 0.25, "currency": "USD"},
        lambda got: (got.balance, got.currency),
        (Decimal("0.25"), "USD"),
    ),
    "an account (sister)": (
        lambda agent: agent.operators.info(),
        OPERATOR,
        lambda got: (got.id, got.balance[0].amount, got.allowed_ips, got.providers, got.ggr_rate, got.level),
        ("mycasino", Decimal(25000), ["203.0.113.7"], [1, 2], Decimal("12.5"), "agent"),
    ),
    "an account of few fields": (
        lambda agent: agent.operators.info(),
        {"id": "mycasino"},
        lambda got: (got.id, got.balance, got.level),
        ("mycasino", None, None),
    ),
    "a new account (sister)": (
        create_operator,
        {"id": "mycasino", "token": "60349266c8d9487eab7531b1a15d2481"},
        lambda got: (got.id, got.token, "60349" in repr(got)),
        ("mycasino", "60349266c8d9487eab7531b1a15d2481", False),
    ),
    "points moved (sister)": (
        move,
        MOVED,
        lambda got: (got.my_after_balance, got.target_after_balance),
        (Decimal(90), Decimal("10.5")),
    ),
    "a page of transactions (sister)": (
        transactions,
        PAGE,
        lambda got: dict(got.list_[0]),
        {
            "trans_id": "7300120045001",
            "trans_type": TransactionType.BET,
            "user_code": 10482,
            "user_external_id": "user123",
            "round_id": "7300120045000",
            "round_type": "spin",
            "provider_id": 1,
            "provider_name": "Northern Reels",
            "game_code": "vswaysdogs",
            "game_name": "Fjord Fortune",
            "amount": Decimal("1.5"),
            "balance": Decimal("148.5"),
            "created_at": datetime(2024, 4, 13, 9, 30, tzinfo=KOREA),
        },
    ),
    "ids of transactions as numbers (documented callbacks)": (
        transactions,
        {**PAGE, "list": [{**TRANSACTION, "transId": 7300120045001, "roundId": 5, "gameCode": 655}]},
        lambda got: (got.list_[0].trans_id, got.list_[0].round_id, got.list_[0].game_code),
        ("7300120045001", "5", "655"),
    ),
    "a round (sister)": (
        round_pages,
        [{"url": "https://games.example/round/1"}],
        lambda got: got[0].url,
        "https://games.example/round/1",
    ),
    "a bonus call registered (documented)": (register, {"issueId": 90211}, lambda got: got.issue_id, "90211"),
    "a bonus call registered, its id a text": (
        register,
        {"issueId": "i3746"},
        lambda got: got.issue_id,
        "i3746",
    ),
    "a bonus call cancelled (documented)": (
        lambda agent: agent.bonus_calls.cancel(player_id="user123", issue_id="90211"),
        {},
        lambda got: got,
        None,
    ),
    "a bonus call (Scorpio)": (
        lambda agent: agent.bonus_calls.detail("i3746"),
        SCORPIO_CALL,
        lambda got: (
            got.issue_id,
            got.status,
            got.bonus_type,
            got.total_win_amount,
            got.created_at,
            got.meta_data.expire_at,
            got.meta_data.bet_level,
            got.rounds_remaining,
        ),
        (
            "i3746",
            1,
            BonusType.FREE_SPINS,
            Decimal("3.2"),
            datetime(2024, 4, 13, 9, 30, tzinfo=UTC),
            datetime(2030, 12, 31, 23, 59, 59, tzinfo=UTC),
            Decimal("0.2"),
            None,
        ),
    ),
    "a bonus call (Bull Play)": (
        lambda agent: agent.bonus_calls.detail(90211),
        {"issueId": 90211, "status": "Active", "roundsRemaining": 12},
        lambda got: (got.issue_id, got.status, got.rounds_remaining, got.meta_data),
        ("90211", "Active", 12, None),
    ),
}


@pytest.mark.parametrize("case", ANSWERS)
def test_an_answer_is_read(client, server, answers, case):
    call, data, look, expected = ANSWERS[case]
    server.answers(answers.success(data))

    got = client.use(call, strict=False)

    assert look(got) == expected


WHOLE: dict[str, Any] = {
    "a list that is none": (games, {"gameID": 5}),
    "a list that is null": (games, None),
    "an item that is no object": (games, [{"gameID": 5}, 5]),
    "an object that is none": (info, [1]),
    "a launch without a url": (launch, {"sessionId": "5b0c"}),
    "a launch that is a number": (launch, 5),
}


@pytest.mark.parametrize("case", WHOLE)
def test_data_that_nobody_can_hold_is_an_unexpected_response(client, server, answers, case):
    call, data = WHOLE[case]
    server.answers(answers.success(data))

    with pytest.raises(errors.UnexpectedResponse, match="/data"):
        client.use(call, strict=False)


DIFFERENCES: dict[str, Any] = {
    # the call, the data, the attribute that differs, expected, came, and one of those that can be used
    "an amount that is none": (
        transactions,
        {**PAGE, "list": [{**TRANSACTION, "amount": "1,50"}]},
        lambda got: got.list_[0].amount,
        ("/data/list/*/amount", "number", "string"),
        lambda got: got.list_[0].balance == Decimal("148.5"),
    ),
    "a required id that is missing": (
        games,
        [{"gameName": "Fjord Fortune"}],
        lambda got: got[0].game_id,
        ("/data/*/gameID", "id", None),
        lambda got: got[0].game_name == "Fjord Fortune",
    ),
    "a required id that is null": (
        games,
        [{"gameID": None}],
        lambda got: got[0].game_id,
        ("/data/*/gameID", "id", "null"),
        lambda got: got[0].game_name is None,
    ),
    "an id that is a fraction": (
        games,
        [{"gameID": 1.0}],
        lambda got: got[0].game_id,
        ("/data/*/gameID", "id", "number"),
        lambda got: len(got) == 1,
    ),
    "a balance that is no list": (
        info,
        {"playerCode": 5, "balance": 10.5},
        lambda got: got.balance,
        ("/data/balance", "array", "number"),
        lambda got: got.player_code == 5,
    ),
    "a balance whose items are no objects": (
        info,
        {"playerCode": 5, "balance": [10.5]},
        lambda got: got.balance,
        ("/data/balance/*", "object", "number"),
        lambda got: got.player_code == 5,
    ),
    "a list of numbers with a text": (
        lambda agent: agent.operators.info(),
        {**OPERATOR, "providers": [1, "two"]},
        lambda got: got.providers,
        ("/data/providers/*", "integer", "string"),
        lambda got: got.id == "mycasino",
    ),
    "a time that is none": (
        transactions,
        {**PAGE, "list": [{**TRANSACTION, "createdAt": "0000-00-00 00:00:00"}]},
        lambda got: got.list_[0].created_at,
        ("/data/list/*/createdAt", "time", "string"),
        lambda got: got.list_[0].trans_id == "7300120045001",
    ),
    "an object in place of a text": (
        providers,
        [{"providerId": 1, "providerName": {"en": "Nova"}}],
        lambda got: got[0].provider_name,
        ("/data/*/providerName", "string", "object"),
        lambda got: got[0].provider_id == 1,
    ),
}


@pytest.mark.parametrize("case", DIFFERENCES)
def test_a_difference_costs_only_the_field_that_differs(client, server, answers, case):
    call, data, use, (place, expected, came), usable = DIFFERENCES[case]
    server.answers(answers.success(data))

    got = client.use(call, strict=False)

    assert usable(got)
    with pytest.raises(errors.UnexpectedField, match=place.replace("*", r"\*")) as caught:
        use(got)
    assert isinstance(caught.value, AttributeError)
    assert (caught.value.place, caught.value.expected, caught.value.came) == (place, expected, came)
    with pytest.raises(errors.UnexpectedResponse, match=r"^\S+: unexpected answer"):
        client.use(call, strict=True)


def test_the_raw_view_gives_the_envelope_of_what_nobody_can_read(client, server, answers):
    server.answers(answers.success("soon"))

    answer = client.use(lambda agent: agent.raw.games.list(1), strict=True)

    assert answer.envelope["data"] == "soon"
    for _ in range(2):
        with pytest.raises(errors.UnexpectedResponse):
            _ = answer.data


def test_the_raw_view_reads_its_data_once(client, server, answers):
    server.answers(answers.success([{"gameID": 5}]))

    answer = client.use(lambda agent: agent.raw.games.list(1))

    assert answer.data is answer.data
    assert answer.data[0].game_id == "5"


def test_what_games_list_gives_games_launch_takes(client, server, answers):
    server.answers(answers.success([{"gameID": 655}, {"gameID": "vswaysdogs"}]), answers.success("https://x"))
    listed = client.use(games)

    for game in listed:
        client.use(lambda agent, game=game: launch(agent, game_id=game.game_id))

    bodies = [request.body for request in server.seen[1:]]
    assert [b'"gameId":655' in bodies[0], b'"gameId":"vswaysdogs"' in bodies[1]] == [True, True]
