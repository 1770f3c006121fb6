"""Transfers of points, and top-ups that survive a crash."""
