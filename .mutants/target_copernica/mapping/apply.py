"""A record becomes a fragment of a profile or subprofile."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from target_copernica.mapping.derive import CONTENT_KEY
from target_copernica.mapping.model import fragment_of

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from target_copernica.mapping.model import Fragment, StreamMap

__all__ = ["mapped"]


def mapped(record: dict[str, Any], stream: StreamMap, zone: ZoneInfo) -> Fragment:
    """Apply a mapping to a record, also of a stream without a key.

    Args:
        record: As the tap sent it.
        stream: Its mapping.
        zone: The zone of Copernica's wall clock.

    Raises:
        RejectedRecordError: Its key, or the key of its profile, cannot be built.
    """
    if stream.key == (CONTENT_KEY,):
        record = {**record, CONTENT_KEY[0]: _content_hash(record)}
    return fragment_of(record, stream, zone)


def _content_hash(record: dict[str, Any]) -> str:
    text = json.dumps(record, sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:40]
