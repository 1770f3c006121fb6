"""The JSON API of the sandbox itself, under `/_sandbox/`; importing it registers its routes."""

from __future__ import annotations

from igamingace.sandbox.control import faults, games, routes, state

__all__ = ["faults", "games", "routes", "state"]
