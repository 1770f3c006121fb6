"""What every layer uses, and nothing that knows the API."""
