"""Less waiting: the pauses between tries of tap and target are short in the judge's forked programs.

What is tried again, how often and in which order stays as it is; only no minutes go by.
"""

import tap_seoshop.api.client
import tap_seoshop.api.retry
import target_copernica.api.client
import target_copernica.api.retry

__all__ = ["make"]

SHORTEST, LONGEST = 0.02, 0.2
"""Seconds, in place of half a second and half a minute."""
AT_START, LATER = 0.4, 20.0
"""Seconds of patience."""
SILENCE = 3.0
"""Seconds that an answer is waited for, in place of one or two minutes."""


def make() -> None:
    """Shorten the pauses of this process."""
    for retry in (tap_seoshop.api.retry, target_copernica.api.retry):
        vars(retry).update(_SHORTEST_PAUSE=SHORTEST, _LONGEST_PAUSE=LONGEST)
    vars(tap_seoshop.api.client).update(FIRST_PATIENCE=AT_START, PATIENCE=LATER, TIMEOUT=(3.05, SILENCE))
    vars(target_copernica.api.client).update(
        _PATIENCE_AT_START=AT_START, _PATIENCE=LATER, _READ_SECONDS=SILENCE
    )
