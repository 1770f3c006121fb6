"""The toy game: what is played arrives at the wallet, and is seen beside the game."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal

import httpx2
import pytest
from igamingace import Agent
from igamingace.sandbox.dialect import dialect_of
from igamingace_bindings.rest.models import FreeSpins

pytestmark = pytest.mark.proof


@pytest.fixture
def game(visit, sandbox):
    """Open a game as a launch does, and return its page."""
    opened = httpx2.post(f"{sandbox.url}/_sandbox/play", json={"player": "user123", "game": 655})
    return visit(f"/_sandbox/game?session={opened.raise_for_status().json()['session']['id']}")


def wire(page, command):
    return (
        page.locator("#exchanges")
        .get_by_role("listitem")
        .filter(has_text=re.compile(rf"(?<![a-z]){command} [\d.]+ "))
    )


def test_a_round_launched_from_the_back_office_arrives_at_the_wallet(visit, wallet):
    with (office := visit("/")).expect_popup() as opened:
        office.get_by_role("button", name="Launch in a new tab").click()
    page = opened.value
    office.get_by_text("The game is open in a new tab.").wait_for()
    page.get_by_role("button", name="Spin", exact=True).wait_for()
    page.get_by_text("100.00 USD").wait_for()

    page.get_by_label("Stake").fill("2.50")
    page.get_by_label("Win", exact=True).fill("7.25")
    page.get_by_role("button", name="Bet", exact=True).click()
    page.get_by_text("97.50 USD").wait_for()
    page.get_by_role("button", name="Win", exact=True).click()
    page.get_by_text("104.75 USD").wait_for()

    assert [type(each).__name__ for each in wallet.received] == ["Bet", "Win"]
    assert wallet.money == page_money(page)
    wire(page, "win").locator("summary").click()
    wire(page, "win").get_by_text("X-Request-Signature").wait_for()
    shown = wire(page, "win").inner_text()
    assert '"amount": 7.25' in shown
    assert '"statusCode": "OK"' in shown
    office.locator("#callbacks").get_by_text("win 7.25 → balance 104.75").wait_for()  # the page polls
    page.close()


def page_money(page):
    return Decimal(page.locator("#balance").inner_text().split()[0].replace(",", ""))


def test_every_move_reaches_the_wallet(game, wallet):
    def move(name):
        with game.expect_response(lambda answer: answer.request.method == "POST"):
            game.get_by_role("button", name=name, exact=True).click()

    game.get_by_role("button", name="Bet", exact=True).wait_for()
    for name in ("Bet", "Win, more to come", "Lose", "Bet", "Cancel the bet", "Bet and win at once"):
        move(name)

    kinds = [type(each).__name__ for each in wallet.received]
    assert kinds == ["Bet", "Win", "Win", "Bet", "Cancel", "BetWin"]
    assert wallet.money == 105
    wire(game, "betwin").wait_for()


def test_a_spin_is_a_bet_and_a_win(game, wallet):
    game.get_by_role("button", name="Spin", exact=True).click()

    game.get_by_text("You win").or_(game.get_by_text("Not this time.")).wait_for()
    assert [type(each).__name__ for each in wallet.received] == ["Bet", "Win"]


def test_a_lost_spin_is_one_bet_that_says_so_in_the_sisters_dialect(visit, sandbox, wallet):
    sandbox.runtime.dialect = dialect_of("sister")
    page = visit(f"/_sandbox/game?session={sandbox.play('user123').id}")
    page.evaluate("Math.random = () => 0.9")

    page.get_by_role("button", name="Spin", exact=True).click()

    page.get_by_text("Not this time.").wait_for()
    page.get_by_text("No round is open.").wait_for()
    sandbox.settle()
    (bet,) = wallet.received
    assert bet.is_round_finished is True


def test_amounts_have_the_digits_of_their_currency(visit, sandbox, wallet):
    session = sandbox.play("user123")
    session.bet("1.5")
    session.win("4")
    session.betwin("2", "0.75")
    wallet.money = Decimal("1234567.5")

    page = visit(f"/_sandbox/game?session={session.id}")
    page.get_by_role("button", name="Ask for the balance").click()

    for text in (
        "bet 1.50 → balance 98.50",
        "win 4.00 → balance 102.50",
        "betwin 2.00 for 0.75 → balance 101.25",
        "balance 1,234,567.50",
    ):
        page.locator("#exchanges").get_by_text(text, exact=True).wait_for()


def test_a_move_that_takes_long_says_so_instead_of_what_was_said_before(game, wallet):
    game.get_by_role("button", name="Bet", exact=True).click()
    game.get_by_text("Bet: done.").wait_for()
    told = game.locator("#told")

    wallet.delay = 1.2
    game.get_by_role("button", name="Lose", exact=True).click()
    told.get_by_text("Waiting for the answer.").wait_for()

    told.get_by_text("Lose: done.").wait_for()


def test_free_spins_are_played_until_there_are_none(visit, sandbox, wallet):
    with Agent(sandbox.token, base_url=sandbox.url) as agent:
        call = agent.bonus_calls.register(
            platform_id="gift-1",
            provider_id=1,
            game_id=655,
            player_id="user123",
            bonus_type=1,
            call_amount=Decimal(6),
            expire_at=sandbox.runtime.clock() + timedelta(hours=1),
            meta_data=FreeSpins(spin_amount=10, base_bet_amount=Decimal("0.50")),
        )
    page = visit(f"/_sandbox/game?session={sandbox.play('user123').id}")
    page.get_by_text(f"Bonus call {call.issue_id}: 10 free spins left, 0.00 of at most 6.00 won.").wait_for()

    page.get_by_label("Win", exact=True).fill("4")
    page.get_by_role("button", name="Free spin").click()
    page.get_by_text(f"Bonus call {call.issue_id}: 9 free spins left, 4.00 of at most 6.00 won.").wait_for()
    page.get_by_role("button", name="Free spin").click()

    page.get_by_text("No bonus call").wait_for()  # it pays no more than it may
    page.get_by_text("106.00 USD").wait_for()
    assert page.get_by_role("button", name="Free spin").is_disabled()
    amounts = [(type(each).__name__, each.amount, each.bonus_id) for each in wallet.received]
    spin = [("Bet", 0, call.issue_id), ("Win", 4, call.issue_id)]
    assert amounts == [*spin, spin[0], ("Win", 2, call.issue_id)]
    assert {each.is_bonus_busy for each in wallet.received if hasattr(each, "is_bonus_busy")} == {True}


def test_the_end_of_a_session_ends_the_game(game):
    game.get_by_role("button", name="End the session").click()

    game.get_by_text("The session has ended").wait_for()
    assert game.get_by_role("button", name="Spin", exact=True).is_disabled()


def test_what_is_wrong_with_an_amount_is_said_once_at_its_field(visit, sandbox):
    page = visit(f"/_sandbox/game?session={sandbox.play('user123').id}", refusals=True)

    page.get_by_label("Stake").fill("much")
    page.get_by_role("button", name="Bet", exact=True).click()
    page.get_by_text("Must be a number.", exact=True).wait_for()
    assert page.locator("#told").inner_text() == ""
    assert page.get_by_label("Stake").get_attribute("aria-invalid") == "true"

    page.get_by_label("Stake").fill("1")
    page.get_by_role("button", name="Bet", exact=True).click()
    page.get_by_label("Win", exact=True).fill("much")
    page.get_by_role("button", name="Win", exact=True).click()
    page.get_by_text("Must be a number.", exact=True).wait_for()
    assert page.get_by_label("Win", exact=True).get_attribute("aria-invalid") == "true"
    assert page.get_by_label("Stake").get_attribute("aria-invalid") == "false"


@pytest.mark.parametrize("typed", ["much", "1,000", ""])
def test_a_spin_stakes_nothing_while_an_amount_is_none(game, sandbox, wallet, typed):
    game.get_by_label("Win", exact=True).fill(typed)
    game.get_by_role("button", name="Spin", exact=True).click()

    game.get_by_text("Must be a number.", exact=True).wait_for()
    assert game.get_by_label("Win", exact=True).get_attribute("aria-invalid") == "true"
    sandbox.settle()
    assert wallet.received == []


def test_a_kick_ends_the_game_and_what_was_said_before(visit, sandbox):
    page = visit(f"/_sandbox/game?session={sandbox.play('user123').id}", refusals=True)
    page.get_by_label("Stake").fill("1e30")
    page.get_by_role("button", name="Bet", exact=True).click()
    error = page.get_by_text("larger than any wallet")
    error.wait_for()

    with Agent(sandbox.token, base_url=sandbox.url) as agent:
        agent.games.kick(player_external_id="user123")

    page.get_by_role("status").get_by_text("The session has ended").wait_for()
    assert not error.is_visible()
    page.wait_for_function("document.activeElement.id === 'back'")


def test_a_session_that_nobody_opened_says_so(visit):
    page = visit("/_sandbox/game?session=nobody", refusals=True)

    page.get_by_role("alert").filter(has_text="no such session").wait_for()
    page.get_by_text("Ended", exact=True).wait_for()


def test_a_return_url_that_is_a_script_is_not_followed(visit, sandbox):
    opened = sandbox.play("user123", return_url="javascript:alert(1)")
    page = visit(f"/_sandbox/game?session={opened.id}")

    page.get_by_role("button", name="Spin", exact=True).wait_for()
    assert page.locator("#back").get_attribute("href") == "/"


def test_a_round_is_played_by_keyboard_alone(visit, sandbox, wallet):
    office = visit("/")
    office.locator("#launch select option").first.wait_for(state="attached")

    tab_to(office, "Launch in a new tab")
    with office.expect_popup() as opened:
        office.keyboard.press("Enter")
    page = opened.value
    page.get_by_text("100.00 USD").wait_for()
    tab_to(page, "Bet")
    page.keyboard.press("Enter")
    page.get_by_text("98.50 USD").wait_for()
    tab_to(page, "Win")
    page.keyboard.press("Enter")
    page.get_by_text("102.50 USD").wait_for()
    page.close()

    assert [type(each).__name__ for each in wallet.received] == ["Bet", "Win"]


def tab_to(page, name):
    """Press Tab until the focus is on the button of that name, and can be seen there."""
    button = page.get_by_role("button", name=name, exact=True)
    button.wait_for()
    for _ in range(80):
        if button.evaluate("(it) => it === document.activeElement"):
            assert button.evaluate("(it) => getComputedStyle(it).outlineStyle") == "solid"
            return
        page.keyboard.press("Tab")
    pytest.fail(f"Tab never came to {name}")
