"""`setup`: from two keys to the first run. It asks, tests each answer, writes `.env`, shows the plan."""
