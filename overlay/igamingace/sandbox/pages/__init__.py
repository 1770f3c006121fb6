"""The HTML pages: back office, toy game, reference; importing it registers their routes."""

from __future__ import annotations

from igamingace.sandbox.pages import api_proxy, reference, round_page, routes

__all__ = ["api_proxy", "reference", "round_page", "routes"]
