"""Calls over many accounts: flows of steps, and their runners in threads and in tasks."""
