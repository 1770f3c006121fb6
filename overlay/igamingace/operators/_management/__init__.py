"""Balances, creation, discovery, settings and health of accounts."""
