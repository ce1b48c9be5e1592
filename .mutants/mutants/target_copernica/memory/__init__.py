"""What is remembered between runs: the ledger, dead letters, tombstones, the lock."""
