"""Accounts: their tokens, their tree, and the file that lists them."""
