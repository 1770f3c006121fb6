"""What calls a wallet, as the vendor does."""
