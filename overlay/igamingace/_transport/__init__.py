"""HTTP transports: for threads, for event loops, and over httpx2 transports that users hand in."""
