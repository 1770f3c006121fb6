"""The sandbox behind a proxy, and mounted in another application: changes work, links lead back."""

from __future__ import annotations

import httpx2
import pytest
from igamingace import Agent, AsyncAgent
from igamingace.sandbox import Sandbox, create_app
from starlette.applications import Starlette
from starlette.routing import Mount

LAUNCH = "/v1/game/launch"
RESET = "/_sandbox/reset"
OUTER = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "casino.test"}


@pytest.mark.parametrize(
    ("host", "origin", "site", "status"),
    [
        ("office.test", "https://office.test", "same-origin", 200),  # TLS ends at the proxy
        ("office.test", "http://office.test:8080", "same-origin", 200),  # nginx: Host $host
        ("office.test", "http://office.test:8080", None, 200),  # the same, without TLS to another machine
        ("localhost:8787", "https://x-8787.app.github.dev", "same-origin", 200),  # Codespaces rewrites Host
        ("localhost:8787", None, "none", 200),
        ("office.test", "https://office.test", "same-site", 403),
        ("office.test", "https://office.test", "cross-site", 403),
        ("office.test", "http://evil.test:8080", None, 403),
        ("office.test", "https://office.test", None, 403),
        ("office.test:8080", "http://office.test:8081", None, 403),
        ("evil.test", "https://evil.test", "same-origin", 403),  # a name of its own that leads here
    ],
)
async def test_a_change_is_taken_from_the_sandboxs_own_pages_only(caller, host, origin, site, status):
    app = create_app(hosts=["office.test"])
    given = {"Host": host, "Origin": origin, "Sec-Fetch-Site": site}
    headers = {name: value for name, value in given.items() if value is not None}

    answer = await caller(app.token, app=app).client.post(RESET, headers=headers)

    assert answer.status_code == status


async def test_a_page_over_tls_changes_things_where_the_proxy_says_so(caller):
    app = create_app(hosts=["office.test"])
    headers = {"Host": "127.0.0.1:8787", "Origin": "https://office.test"}
    forwarded = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "office.test"}
    here, elsewhere = caller(app.token, app=app), caller(app.token, "203.0.113.9", app=app)

    assert (await here.client.post(RESET, headers=headers | forwarded)).status_code == 200
    assert (await elsewhere.client.post(RESET, headers=headers | forwarded)).status_code == 403


@pytest.mark.parametrize(
    ("name", "status"), [("x.example.com", 200), ("example.com", 403), ("xexample.com", 403)]
)
async def test_a_star_admits_the_names_below_it(caller, name, status):
    app = create_app(hosts=["*.example.com"])

    answer = await caller(app.token, app=app).client.get("/_sandbox/stats", headers={"Host": name})

    assert answer.status_code == status


@pytest.mark.parametrize(
    ("forwarded", "begin"),
    [
        (OUTER, "https://casino.test/_sandbox/launch?token="),
        ({"X-Forwarded-Proto": "https"}, "https://127.0.0.1:8787/_sandbox/"),
        (OUTER | {"X-Forwarded-Port": "8443"}, "https://casino.test:8443/_sandbox/"),
        (OUTER | {"X-Forwarded-Port": "443"}, "https://casino.test/_sandbox/"),
        ({"X-Forwarded-Host": "outer.test, inner.test"}, "http://outer.test/_sandbox/"),
        ({"X-Forwarded-Proto": "gopher", "X-Forwarded-Host": "a b"}, "http://127.0.0.1:8787/_sandbox/"),
        ({"X-Forwarded-Host": '"><script>'}, "http://127.0.0.1:8787/_sandbox/"),
    ],
)
async def test_a_launch_url_leads_to_where_the_proxy_is_reached(agent, launch, forwarded, begin):
    answer = await agent.request("POST", LAUNCH, json=launch, headers=_headers(agent) | forwarded)

    assert answer.json()["data"].startswith(begin)


@pytest.mark.parametrize(
    ("trusted", "address", "is_trusted"),
    [
        (None, "127.0.0.1", True),
        (None, "::1", True),
        (None, "::ffff:127.0.0.1", True),
        (None, "10.0.0.7", False),
        (["10.0.0.0/8"], "10.0.0.7", True),
        (["10.0.0.7"], "10.0.0.7", True),
        (["10.0.0.0/8"], "127.0.0.1", False),
        ([], "127.0.0.1", False),
        (["*"], "203.0.113.9", True),
    ],
)
async def test_forwarded_fields_are_believed_of_trusted_proxies_only(
    caller, launch, trusted, address, is_trusted
):
    app = create_app() if trusted is None else create_app(trusted_proxies=trusted)
    agent = caller(app.token, address, app)

    answer = await agent.request("POST", LAUNCH, json=launch, headers=_headers(agent) | OUTER)

    assert answer.json()["data"].startswith("https://casino.test/") is is_trusted


def test_a_proxy_that_is_neither_an_address_nor_a_network_is_refused():
    with pytest.raises(ValueError, match="trusted_proxies: 'nginx' is invalid; use an IP address"):
        create_app(trusted_proxies=["nginx"])


async def test_the_back_office_launches_to_where_the_proxy_is_reached(agent, launch):
    body = launch | {"account": "mycasino"}

    answer = await agent.client.post("/_sandbox/launch", json=body, headers=OUTER)

    assert answer.json()["url"].startswith("https://casino.test/")


def _headers(agent):
    return {
        "Authorization": f"Bearer {agent.token}",
        "Accept": "application/json",
        "Content-Type": "application/json",
        "Host": "127.0.0.1:8787",
    }


@pytest.mark.parametrize("prefix", ["/mock", "/deep/er", "/caf\u00e9", "/{tenant}"])
async def test_it_works_where_another_application_mounts_it(prefix, launch):
    app = create_app()
    at = prefix.replace("{tenant}", "a%20b").replace("\u00e9", "%C3%A9")
    url = f"http://mount.test{at}"
    transport = httpx2.ASGITransport(app=Starlette(routes=[Mount(prefix, app)]))

    async with httpx2.AsyncClient(transport=transport, base_url="http://mount.test") as client:
        async with AsyncAgent(app.token, transport=transport, base_url=url) as agent:
            assert (await agent.providers.list())[0].provider_name == "Northern Reels"
        page = await client.get(f"{at}/")
        script = await client.get(f"{at}/_sandbox/static/office.js")
        launched = await client.post(f"{at}/_sandbox/launch", json=launch | {"account": "mycasino"})
        opened = await client.get(launched.json()["url"])
        game = await client.get(opened.headers["location"])

    assert f'src="{at}/_sandbox/static/office.js"' in page.text
    assert '="/_sandbox' not in page.text
    assert script.status_code == 200
    assert launched.json()["url"].startswith(f"{url}/_sandbox/launch?token=")
    assert opened.headers["location"].startswith(f"{at}/_sandbox/game?session=")
    assert game.status_code == 200


async def test_a_prefix_that_a_proxy_has_taken_away_stands_in_launch_urls(app, agent, launch):
    transport = httpx2.ASGITransport(app=app, root_path="/mock")

    async with httpx2.AsyncClient(transport=transport, base_url="http://mount.test") as client:
        answer = await client.post(LAUNCH, json=launch, headers=_headers(agent))

    assert answer.json()["data"].startswith("http://127.0.0.1:8787/mock/_sandbox/launch")


def test_a_running_sandbox_tells_the_outer_address_too(launch):
    with Sandbox() as sandbox, Agent(sandbox.token, base_url=sandbox.url) as agent:
        answer = httpx2.post(
            f"{sandbox.url}{LAUNCH}", json=launch, headers=_headers(sandbox) | OUTER, trust_env=False
        )
        assert agent.providers.list()

    assert answer.json()["data"].startswith("https://casino.test/_sandbox/")
