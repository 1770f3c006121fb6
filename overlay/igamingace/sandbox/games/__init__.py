"""The games that players open, and the signed callbacks that go out to the agents' wallets."""
