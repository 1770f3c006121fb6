"""Client of a wallet, as the vendor is: creates, signs and sends callbacks."""
