"""The HTML pages: back office, toy game, reference; importing it registers their routes."""

from __future__ import annotations

from igamingace.sandbox.pages.reference import reference

__all__ = ["api_proxy", "reference", "round", "routes"]
