"""The games that players open in the sandbox, and the signed callbacks that go out to the agents' wallets."""
