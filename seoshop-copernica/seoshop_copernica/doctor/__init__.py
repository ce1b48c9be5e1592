"""`doctor`: whether both sides are as a run needs them, in one table; and what the APIs really do."""
