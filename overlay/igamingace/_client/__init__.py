"""The client: agents, their options, and the way of one call."""
