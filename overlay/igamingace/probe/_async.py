"""The function that probes the platform from an event loop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from igamingace.probe._flow import WINDOW_PAUSE
from igamingace.probe._run import make_settings, probe_async

if TYPE_CHECKING:
    from igamingace._client._async import AsyncAgentView
    from igamingace.probe._report import ProbeReport
    from igamingace.probe._run import Progress

__all__ = ["run_async"]


async def run_async(
    agent: AsyncAgentView,
    *,
    player: str | None = None,
    bonus_call: str | int | None = None,
    window_pause: float = WINDOW_PAUSE,
    progress: Progress | None = None,
) -> ProbeReport:
    """Compare the platform with the contract, by about 20 GET requests of one agent, one at a time.

    Eight of them are to be refused: unknown provider, player and path, missing parameters and headers, wrong
    token. Nothing is changed. What differs goes into the report, and not into `igamingace.drift`.

    Args:
        agent: the agent whose token is used. Transactions of the last half hour tell more: play a round
            before.
        player: your id of a player to read; without it, one that the transactions name.
        bonus_call: the id of a bonus call to read; without it none is read.
        window_pause: seconds between two windows of transactions, of which there are at most two. The older
            generation of the API asks for more than 30.
        progress: called with each `ProgressStep` before it is done.

    Raises:
        InvalidArgument, ConfigurationError: an argument makes no sense; nothing was sent.
        APIError, TransportError: the first request was refused, or not answered, in a way that leaves nothing
            to compare: wrong token, address not allowed, maintenance, limits. Later ones end the probe early.
    """
    settings = make_settings(
        player=player, bonus_call=bonus_call, window_pause=window_pause, progress=progress
    )
    return await probe_async(agent, settings)
