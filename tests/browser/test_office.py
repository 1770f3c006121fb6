"""The back office: what is changed there holds for the next call, and what happens is seen there."""

from __future__ import annotations

import socket
from contextlib import ExitStack, contextmanager
from decimal import Decimal

import pytest
from igamingace import Agent
from igamingace.errors import IPNotAllowed, UnderMaintenance

pytestmark = pytest.mark.proof


@pytest.fixture
def agent(sandbox):
    with Agent(sandbox.token, base_url=sandbox.url) as agent:
        yield agent


def first_agent(sandbox):
    return next(each for each in sandbox.runtime.state.accounts.values() if each.level == "agent")


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

    with held_back(sandbox, 7):
        page.wait_for_function("(meter) => Number(meter.ariaValueNow) === 7", arg=meter.element_handle())
        assert meter.get_attribute("aria-valuemax") == "50"
    page.wait_for_function("(meter) => Number(meter.ariaValueNow) === 0", arg=meter.element_handle())
    page.locator(f'[data-account="{account.id}"]').get_by_text("peak 7").wait_for()


@contextmanager
def held_back(sandbox, count):
    """Hold `count` requests in flight, whose bodies do not end, in the block."""
    host, port = sandbox.url.removeprefix("http://").split(":")
    head = {"Host": "x", "Content-Length": "100", "Authorization": f"Bearer {sandbox.token}"}
    head |= {"Accept": "application/json", "Content-Type": "application/json"}
    lines = ["POST /v1/player/create HTTP/1.1", *(f"{name}: {value}" for name, value in head.items())]
    with ExitStack() as connections:
        for _ in range(count):
            connection = connections.enter_context(socket.create_connection((host, int(port))))
            connection.sendall("\r\n".join([*lines, "", '{"player']).encode())
        yield


def test_a_provider_goes_into_maintenance_by_its_switch(visit, sandbox, agent):
    page = visit("/")
    provider = next(each for each in sandbox.runtime.state.providers.values() if not each.in_maintenance)
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


def test_how_long_a_fault_lasts_is_told_in_few_digits(visit, sandbox):
    sandbox.faults.add("latency", seconds=0.1, spread=0.2)

    visit("/").locator("#faults").get_by_text("0.1 to 0.3\u00a0s").wait_for()


@pytest.mark.parametrize(
    ("label", "typed", "said"),
    [
        ("Share of requests, %", "abc", "Must be a number from 0 to 100."),
        ("Share of requests, %", "", "Must be a number from 0 to 100."),
        ("Share of requests, %", "101", "Must be a number from 0 to 100."),
        ("At most, times", "1.5", "Must be a whole number, 1 or more."),
        ("Seconds", "0,5", "Must be a number."),
        ("Up to seconds more", "-1", "Must be"),
    ],
)
def test_a_fault_that_makes_no_sense_is_not_switched_on(visit, sandbox, label, typed, said):
    page = visit("/", refusals=True)
    page.get_by_text("Switch a fault on").click()
    page.get_by_label(label, exact=True).fill(typed)
    page.get_by_role("button", name="Switch on").click()

    page.locator("#fault").get_by_text(said).wait_for()
    assert page.get_by_label(label, exact=True).get_attribute("aria-invalid") == "true"
    assert list(sandbox.runtime.faults) == []


def test_the_focus_stays_when_a_fault_is_switched_off(visit, sandbox):
    sandbox.faults.add("callback_delay", seconds=0.5)
    page = visit("/")

    page.locator("#faults").get_by_text("0.5\u00a0s").wait_for()
    page.get_by_role("button", name="Off: Callback late").click()

    page.locator("#faults li").wait_for(state="detached")
    assert page.evaluate("document.activeElement.textContent") == "Switch a fault on"


def test_a_fault_that_cannot_be_switched_off_now_can_be_later(visit, sandbox):
    sandbox.faults.add("busy", share=0.5)
    page = visit("/", refusals=True)
    off = page.get_by_role("button", name="Off: Refused as busy")
    page.route("**/_sandbox/faults/*", lambda route: route.fulfill(status=503, json={"message": "not now"}))
    off.click()
    page.get_by_text("Not now.").wait_for()
    page.unroute_all()

    off.click()

    page.locator("#faults li").wait_for(state="detached")


def test_what_another_sandbox_has_takes_the_place_of_what_was_shown(visit, sandbox, agent):
    agent.providers.list()
    page, account = visit("/"), first_agent(sandbox)
    page.locator("#requests").get_by_text("/v1/provider/list").wait_for()

    sandbox.reset()
    first_agent(sandbox).name = "Renamed Casino"
    agent.players.create(player_external_id="p-2")

    row = page.locator(f'[data-account="{account.id}"]')
    row.get_by_role("heading", name="Renamed Casino").wait_for()
    page.locator("#requests").get_by_text("/v1/player/create").wait_for()
    assert page.locator("#requests").get_by_text("/v1/provider/list").count() == 0


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
    assert list(sandbox.runtime.faults) == []


def test_the_clock_is_moved_and_comes_back(visit, sandbox):
    page = visit("/")
    page.get_by_text("real time", exact=True).wait_for()
    before = sandbox.runtime.clock()

    page.get_by_role("button", name="+1 day").click()
    page.get_by_text("moved", exact=True).wait_for()

    assert (sandbox.runtime.clock() - before).days == 1
    page.get_by_role("button", name="Back to real time").click()
    page.get_by_text("real time", exact=True).wait_for()
    assert (sandbox.runtime.clock() - before).days == 0


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


@pytest.fixture
def timeless(browser):
    """Return a tab whose pages have the time that its `clock` gives them."""
    tab = browser.new_page()
    tab.clock.install()
    return tab


def test_a_page_that_nobody_sees_asks_for_nothing(visit, timeless):
    page = visit("/", within=timeless)
    page.get_by_text("Live", exact=True).wait_for()
    asked = []
    page.on("request", lambda sent: asked.append(sent.url))

    hide(page, hidden=True)
    page.get_by_text("Paused", exact=True).wait_for()
    page.wait_for_load_state("networkidle")
    asked.clear()
    page.clock.run_for(10_000)
    assert asked == []

    with page.expect_request("**/_sandbox/state"):
        hide(page, hidden=False)
    page.get_by_text("Live", exact=True).wait_for()
    with page.expect_request("**/_sandbox/state"):
        page.clock.run_for(1_000)


def hide(page, *, hidden):
    page.evaluate(
        """(hidden) => {
          Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
          document.dispatchEvent(new Event("visibilitychange"));
        }""",
        hidden,
    )


def test_open_games_are_listed_and_a_player_is_kicked(visit, sandbox, wallet):
    session, other = sandbox.play("user123"), sandbox.play("p-1")
    session.bet("2.50")
    page = visit("/")
    row = page.locator("#sessions").get_by_role("listitem").filter(has_text="user123")
    row.get_by_text("Fjord Fortune · Northern Reels · mycasino").wait_for()
    row.get_by_text("97.50 USD").wait_for()
    row.get_by_text("staked 2.50").wait_for()
    page.get_by_text("2 games open").wait_for()

    page.get_by_role("button", name="Kick user123 in Fjord Fortune").click()

    page.get_by_text("user123 was kicked.").wait_for()
    row.wait_for(state="detached")
    page.get_by_text("1 game open").wait_for()
    assert page.evaluate("document.activeElement.id") == "sessions-title"
    page.get_by_text("Ended lately").click()
    page.locator("#ended").get_by_text("kicked by games.kick").wait_for()
    sandbox.settle()
    assert (session.ended, other.ended) == ("kicked by games.kick", None)
    assert [type(each).__name__ for each in wallet.received] == ["Bet", "Win"]


def test_a_list_that_grows_leaves_the_focus_where_it_was(visit, sandbox):
    sandbox.play("user123")
    page = visit("/")
    kick = page.get_by_role("button", name="Kick user123 in Fjord Fortune")
    kick.focus()

    sandbox.play("p-1")

    page.get_by_role("button", name="Kick p-1 in Fjord Fortune").wait_for()
    assert kick.evaluate("(it) => it === document.activeElement")


def test_a_kick_that_is_refused_says_so(visit, sandbox):
    session = sandbox.play("user123")
    page = visit("/", refusals=True)
    sandbox.faults.add("maintenance", operation="games.kick")

    page.get_by_role("button", name="Kick user123 in Fjord Fortune").click()

    page.locator("#sessions-message").get_by_text("maintenance").wait_for()
    assert session.ended is None


@pytest.mark.parametrize(
    ("fault", "said"),
    [("maintenance", "fault of the sandbox: maintenance"), ("html", "502, which is not JSON")],
)
def test_a_launch_that_meets_a_fault_says_what_happened_and_can_be_tried_again(visit, sandbox, fault, said):
    page = visit("/", refusals=True)
    sandbox.faults.add(fault, operation="games.launch", count=1)

    page.get_by_role("button", name="Launch").click()
    page.locator("#launch").get_by_role("status").filter(has_text=said).wait_for()
    with page.expect_popup() as opened:
        page.get_by_role("button", name="Launch").click()

    opened.value.get_by_role("button", name="Spin", exact=True).wait_for()
    opened.value.close()


def test_a_browser_that_allows_no_new_tab_opens_the_game_in_this_one(visit):
    page = visit("/")
    page.evaluate("window.open = () => null")

    page.get_by_role("button", name="Launch").click()

    page.get_by_role("button", name="Spin", exact=True).wait_for()


def test_a_token_is_copied_whole_and_shown_nowhere(visit, sandbox):
    page, account = visit("/"), first_agent(sandbox)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    row = settings(page, account)

    row.get_by_role("button", name="Copy token").click()

    row.get_by_text("Copied.", exact=True).wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == account.token
    assert account.token not in page.content()


def test_a_token_can_be_copied_by_hand_where_there_is_no_clipboard(visit, sandbox):
    page, account = visit("/"), first_agent(sandbox)
    page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    row = settings(page, account)

    row.get_by_role("button", name="Copy token").click()

    row.get_by_text("Copy it from the field.").wait_for()
    assert row.get_by_label(f"Token of {account.name}").input_value() == account.token
    assert page.evaluate("getSelection().toString()") == account.token


def test_more_than_ten_accounts_are_a_compact_list_with_the_log_in_reach(visit, sandbox):
    page = visit("/")
    tree, log = page.locator("#tree"), page.locator("#requests-title")
    tree.locator("[data-account]").first.wait_for()
    assert "compact" not in (tree.get_attribute("class") or "")
    height = tree.locator("[data-account]").first.bounding_box()["height"]

    with Agent(sandbox.operator_token, base_url=sandbox.url) as operator:
        for number in range(30):
            name = f"casino-{number}"
            operator.operators.create(
                operator_id=name,
                password="Correct-Horse-9",
                name=name,
                currency=["USD"],
                ggr_rate=10,
                level="agent",
            )
    tree.locator('[data-account="casino-29"]').wait_for()

    assert tree.locator("[data-account]").first.bounding_box()["height"] < height / 2
    assert log.bounding_box()["y"] < 900  # on the first screen
    settings(page, first_agent(sandbox)).get_by_label("Callback URL").wait_for()


def test_a_meter_says_what_its_ends_and_its_line_stand_for(visit, sandbox):
    row = visit("/").locator(f'[data-account="{first_agent(sandbox).id}"]')

    row.get_by_text("peak 0").wait_for()
    assert row.locator(".scale").all_inner_texts() == ["0\nnow, peak marked\n50", "a minute ago\nnow"]


def test_the_state_is_exported_and_imported_again(visit, sandbox, agent, tmp_path):
    page, file = visit("/"), tmp_path / "sandbox.json"
    agent.players.create(player_external_id="somebody")
    first_agent(sandbox).points["USD"] = Decimal("77.25")
    page.get_by_text("77.25").wait_for()
    with page.expect_download() as download:
        page.get_by_role("link", name="Export").click()
    download.value.save_as(file)
    sandbox.reset()
    page.get_by_text("77.25").wait_for(state="detached")

    page.get_by_label("Import an export").set_input_files(file)

    page.get_by_text("Imported.").wait_for()
    page.locator(f'[data-account="{first_agent(sandbox).id}"]').get_by_text("77.25").wait_for()
    assert "somebody" in first_agent(sandbox).players
    assert agent.providers.list()


@pytest.mark.parametrize(
    ("content", "said"),
    [(b'{"accounts": 5}', "accounts: "), (b"no JSON at all", "state.json:1: ")],
    ids=["of another form", "no JSON"],
)
def test_a_file_that_is_no_export_is_refused_with_its_reason(visit, sandbox, content, said):
    page = visit("/", refusals=True)
    players = set(first_agent(sandbox).players)

    file = {"name": "state.json", "mimeType": "application/json", "buffer": content}
    page.get_by_label("Import an export").set_input_files(file)

    page.locator("#data").get_by_role("status").filter(has_text=said).wait_for()
    assert set(first_agent(sandbox).players) == players
