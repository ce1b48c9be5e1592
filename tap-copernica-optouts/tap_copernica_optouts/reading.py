"""Who opted out since the last run, as records: `optouts`, one for each unsubscribe and each complaint.

The lists are those of docs/api/copernica.md, section 11. Those of the Marketing Suite over all mailings name
no profile, so the lists of the mailings in them are read.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_copernica_optouts.copernica import Copernica

__all__ = ["SCHEMA", "STREAM", "optouts"]

STREAM: Final = "optouts"

SCHEMA: Final = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "description": "List, and the id in it: `ms/unsubscribes/12`."},
        "email": {"type": "string", "description": "The address that the profile has now."},
        "opted_out_at": {"type": "string", "format": "date-time"},
        "kind": {"type": "string", "enum": ["unsubscribe", "complaint"]},
    },
    "required": ["id", "email", "opted_out_at", "kind"],
}

_ZONE: Final = ZoneInfo("Europe/Amsterdam")
"""In which Copernica prints times (docs/api/copernica.md, section 16)."""

_MARGIN: Final = timedelta(hours=2)
"""What is shown late, and the hour that comes twice in autumn, are read again."""

_PAGE: Final = 1000
_KINDS: Final = {"unsubscribes": "unsubscribe", "abuses": "complaint"}


def optouts(copernica: Copernica, since: datetime, email_field: str) -> Iterator[dict[str, Any] | None]:
    """Opt-outs since a time, each once.

    Args:
        copernica: The account.
        since: Its time.
        email_field: Name of the field with the address.

    Yields:
        A record; None where the profile is gone or has no address, so that it is not known who opted out.
    """
    for kind, word in _KINDS.items():
        for path, rows in _lists(copernica, kind, since):
            for row in rows:
                email = _address(copernica, row, email_field)
                if email is None:
                    yield None
                    continue
                at = min(_instant(row["timestamp"]), copernica.now)
                yield {
                    "id": f"{path}/{row['ID']}",
                    "email": email,
                    "opted_out_at": at.astimezone(UTC).isoformat(),
                    "kind": word,
                }


def _lists(copernica: Copernica, kind: str, since: datetime) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    at = f"{(since - _MARGIN).astimezone(_ZONE):%Y-%m-%d %H:%M:%S}"
    everywhere = _rows(copernica, f"ms/{kind}", begintime=at)
    for mailing in sorted({int(row["mailing"]) for row in everywhere if row.get("mailing")}):
        yield f"ms/{kind}", _rows(copernica, f"ms/emailing/{mailing}/{kind}", begintime=at)
    yield f"publisher/{kind}", _rows(copernica, f"publisher/{kind}", fields=f"timestamp>{at}")


def _rows(copernica: Copernica, path: str, **since: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while True:
        answer = copernica.get(path, start=str(len(found)), limit=str(_PAGE), total="false", **since) or {}
        rows = answer.get("data", [])
        found += rows
        if len(rows) < min(_PAGE, int(answer.get("limit", _PAGE))):
            return found


def _address(copernica: Copernica, row: dict[str, Any], email_field: str) -> str | None:
    profile = copernica.get(f"profile/{int(row['profile'])}") if row.get("profile") else None
    fields = (profile or {}).get("fields") or {}
    email = next((value for name, value in fields.items() if name.lower() == email_field.lower()), "")
    return str(email) if "@" in str(email) else None


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=_ZONE, fold=1)
