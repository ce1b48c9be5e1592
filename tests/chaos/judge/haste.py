"""Less waiting and less work of no interest: what makes a forked run of the judge short.

The pauses between tries of tap and target are short: what is tried again, how often and in which order stays
as it is; only no minutes go by. And the preset is parsed once for all runs.
"""

from copy import deepcopy

import backoff

import tap_seoshop.api.client
import tap_seoshop.api.retry
import target_copernica.api.client
import target_copernica.api.retry
import target_copernica.mapping.load
from target_copernica.mapping.layers import Tree, read_yaml
from target_copernica.mapping.load import preset_text

__all__ = ["make"]

SHORTEST, LONGEST = 0.02, 0.2
"""Seconds, in place of half a second and half a minute."""
AT_START, LATER = 0.4, 20.0
"""Seconds of patience."""
SILENCE = 3.0
"""Seconds that an answer is waited for, in place of one or two minutes."""
_TEXT = preset_text("seoshop")
_TREE = read_yaml(_TEXT, "preset seoshop")


def make() -> None:
    """Shorten the runs of this process."""
    vars(backoff).update(
        random_jitter=_exactly
    )  # up to a second more, for clients that began to wait together
    for retry in (tap_seoshop.api.retry, target_copernica.api.retry):
        vars(retry).update(_SHORTEST_PAUSE=SHORTEST, _LONGEST_PAUSE=LONGEST)
    vars(tap_seoshop.api.client).update(FIRST_PATIENCE=AT_START, PATIENCE=LATER, TIMEOUT=(3.05, SILENCE))
    vars(target_copernica.api.client).update(
        _PATIENCE_AT_START=AT_START, _PATIENCE=LATER, _READ_SECONDS=SILENCE
    )
    vars(target_copernica.mapping.load).update(read_yaml=_read)


def _exactly(pause: float) -> float:
    return pause


def _read(text: str, where: str) -> Tree:
    return deepcopy(_TREE) if text == _TEXT else read_yaml(text, where)
