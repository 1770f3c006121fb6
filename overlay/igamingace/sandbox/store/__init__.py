"""What the sandbox holds in memory: accounts and their records, time, ids, logs."""
