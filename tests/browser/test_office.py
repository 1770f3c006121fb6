"""The back office: what is changed there holds for the next call, and what happens is seen there."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from igamingace import Agent
from igamingace.errors import IPNotAllowed, UnderMaintenance

pytestmark = pytest.mark.proof


@pytest.fixture
def agent(sandbox):
    with Agent(sandbox.token, base_url=sandbox.url) as agent:
        yield agent


def first_agent(sandbox):
    return next(each for each in sandbox.world.state.accounts.values() if each.level == "agent")


def settings(page, account):
    row = page.locator(f'[data-account="{account.id}"]')
    row.get_by_text("Settings").click()
    return row


def test_a_call_from_an_address_that_was_not_allowed_is_refused_and_logged(visit, sandbox, agent):
    page, account = visit("/"), first_agent(sandbox)
    row = settings(page, account)

    row.get_by_label("Allowed IP").fill("203.0.113.7\n203.0.113.8")
    row.get_by_role("button", name="Save").click()
    row.get_by_text("Saved.").wait_for()

    with pytest.raises(IPNotAllowed):
        agent.providers.list()
    assert account.allowed_ips == ("203.0.113.7", "203.0.113.8")
    entry = page.locator("#requests").get_by_role("listitem").filter(has_text="/v1/provider/list").first
    entry.get_by_text("1020").wait_for()
    entry.locator("summary").click()
    assert sandbox.token not in entry.inner_text()
    assert "203.0.113.7" not in page.locator("#callbacks").inner_text()


def test_what_is_no_address_is_refused_at_its_field(visit, sandbox):
    page, account = visit("/", refusals=True), first_agent(sandbox)
    row = settings(page, account)
    field = row.get_by_label("Allowed IP")

    field.fill("203.0.113.7\nnonsense")
    row.get_by_role("button", name="Save").click()

    row.get_by_text("'nonsense' is not an IP address.").wait_for()
    assert field.get_attribute("aria-invalid") == "true"
    assert account.allowed_ips == ()


def test_text_from_elsewhere_is_never_markup(visit, sandbox, agent):
    page = visit("/")

    agent.players.create(player_external_id="<img src=x onerror=alert(1)>")

    entry = page.locator("#requests").get_by_role("listitem").filter(has_text="/v1/player/create").first
    entry.locator("summary").click()
    entry.get_by_text("<img src=x onerror=alert(1)>").wait_for()
    assert page.locator("main img").count() == 0


def test_points_are_edited_to_the_digit(visit, sandbox):
    page, account = visit("/"), first_agent(sandbox)
    row = settings(page, account)

    row.get_by_label("Points, USD").fill("1234567.89")
    row.get_by_role("button", name="Save").click()

    row.get_by_text("1,234,567.89").wait_for()
    assert str(account.points["USD"]) == "1234567.89"


def test_the_gauge_shows_what_is_in_flight_while_it_is(visit, sandbox, agent):
    page, account = visit("/"), first_agent(sandbox)
    meter = page.get_by_role("meter", name=f"Requests in flight of {account.name}", exact=True)
    meter.wait_for()
    sandbox.world.latency = 3.0  # longer than the page needs to ask again

    with ThreadPoolExecutor(7) as pool:
        calls = [pool.submit(agent.providers.list) for _ in range(7)]
        page.wait_for_function("(meter) => Number(meter.ariaValueNow) === 7", arg=meter.element_handle())
        assert meter.get_attribute("aria-valuemax") == "50"
        for each in calls:
            each.result()
    page.wait_for_function("(meter) => Number(meter.ariaValueNow) === 0", arg=meter.element_handle())
    page.locator(f'[data-account="{account.id}"]').get_by_text("peak 7").wait_for()


def test_a_provider_goes_into_maintenance_by_its_switch(visit, sandbox, agent):
    page = visit("/")
    provider = next(each for each in sandbox.world.state.providers.values() if not each.in_maintenance)
    switch = page.get_by_role("switch", name=f"Maintenance of {provider.name}")

    with page.expect_response(lambda answer: answer.request.method == "PATCH"):
        switch.click()

    agent.players.create(player_external_id="p-1")
    with pytest.raises(UnderMaintenance):
        agent.games.launch(
            player_id="p-1",
            provider_id=provider.id,
            game_id=next(iter(provider.games)),
            language="en",
            return_url="https://casino.example/lobby",
            is_streamer=False,
        )


def test_a_fault_is_switched_on_met_and_switched_off(visit, sandbox, agent):
    page = visit("/")
    page.get_by_text("Switch a fault on").click()
    page.get_by_label("What goes wrong").select_option("unknown_field")
    page.get_by_role("button", name="Switch on").click()
    page.locator("#faults").get_by_text("met 0").wait_for()

    agent.providers.list()

    page.locator("#faults").get_by_text("met 1").wait_for()
    page.get_by_role("button", name="Off: Fields that nobody knows").click()
    page.locator("#faults li").wait_for(state="detached")
    assert list(sandbox.world.faults) == []


def test_the_clock_is_moved_and_comes_back(visit, sandbox):
    page = visit("/")
    page.get_by_text("real time", exact=True).wait_for()
    before = sandbox.world.clock()

    page.get_by_role("button", name="+1 day").click()
    page.get_by_text("moved", exact=True).wait_for()

    assert (sandbox.world.clock() - before).days == 1
    page.get_by_role("button", name="Back to real time").click()
    page.get_by_text("real time", exact=True).wait_for()
    assert (sandbox.world.clock() - before).days == 0


def test_reset_asks_first(visit, sandbox, agent):
    page = visit("/")
    agent.players.create(player_external_id="somebody")

    page.get_by_role("button", name="Reset").click()
    page.get_by_role("button", name="Keep it").click()
    assert "somebody" in first_agent(sandbox).players
    page.get_by_role("button", name="Reset").click()
    page.get_by_role("button", name="Yes, forget everything").click()
    page.get_by_text("Back to how it started.").wait_for()

    assert "somebody" not in first_agent(sandbox).players


def test_a_page_that_nobody_sees_asks_for_nothing(visit, sandbox):
    page = visit("/")
    page.get_by_text("Live", exact=True).wait_for()
    asked = []

    page.evaluate(
        """() => {
          Object.defineProperty(document, "hidden", { value: true, configurable: true });
          document.dispatchEvent(new Event("visibilitychange"));
        }"""
    )
    page.get_by_text("Paused", exact=True).wait_for()
    page.wait_for_load_state("networkidle")
    page.on("request", lambda sent: asked.append(sent.url))
    page.wait_for_timeout(1_500)  # longer than the time between two polls

    assert asked == []
