"""Who may be mailed: decided here by pure functions, and nowhere else."""
