"""Tries an installed wheel where no repository is: import, version, sandbox up, one call each way."""

import asyncio
from importlib.metadata import version
from pathlib import Path

import igamingace
from igamingace import Agent, AsyncAgent
from igamingace.sandbox import Sandbox


async def names(sandbox: Sandbox) -> list[str | None]:
    """Return the providers' names, read with the asynchronous client."""
    async with AsyncAgent(sandbox.token, base_url=sandbox.url) as agent:
        return [provider.provider_name for provider in await agent.providers.list()]


def call_each_way() -> None:
    """Start a sandbox, list its providers with both clients, and say so."""
    with Sandbox() as sandbox:
        with Agent(sandbox.token, base_url=sandbox.url) as agent:
            providers = [provider.provider_name for provider in agent.providers.list()]
        assert providers
        assert asyncio.run(names(sandbox)) == providers
    print(  # noqa: T201 -- the session shows what worked
        f"igamingace {igamingace.__version__}: sandbox up, {len(providers)} providers listed, twice"
    )


def main() -> None:
    """Fail loudly, or say what worked."""
    assert igamingace.__version__ == version("igamingace")
    assert "site-packages" in Path(igamingace.__file__).parts, f"imported from {igamingace.__file__}"
    call_each_way()


if __name__ == "__main__":
    main()
