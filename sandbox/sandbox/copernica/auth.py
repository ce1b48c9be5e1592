"""API token to JWT, and the JWT of each call (docs/api/copernica.md, section 1)."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs

import jwt

from sandbox.copernica.answers import ApiError
from sandbox.copernica.switches import chosen
from sandbox.settings import COPERNICA_TOKEN

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

_LIFETIME: Final = timedelta(hours=24)
_ALGORITHM: Final = "HS256"


def exchange(db: sqlite3.Connection, now: datetime, switches: Mapping[str, str], form: bytes) -> str:
    """Answer the token service.

    Args:
        db: The open transaction.
        now: The clock; the JWT ends 24 hours later.
        switches: For the status of a refusal.
        form: The body, `access_token=...`.

    Returns:
        The JWT. Each is good beside the others.

    Raises:
        ApiError: It is not the sandbox's API token.
    """
    sent = parse_qs(form.decode(errors="replace")).get("access_token", [""])[0]
    if sent != COPERNICA_TOKEN:
        raise _refused(switches)
    claims = {
        "sub": "sandbox",
        "iat": int(now.timestamp()),
        "exp": int((now + _LIFETIME).timestamp()),
        "jti": secrets.token_hex(8),
    }
    return jwt.encode(claims, _key(db), algorithm=_ALGORITHM)


def check(db: sqlite3.Connection, now: datetime, switches: Mapping[str, str], authorization: str) -> None:
    """Check the header of a call.

    Args:
        db: The open transaction.
        now: The clock, which decides on the end of the token.
        switches: For the status of a refusal.
        authorization: The header, `Bearer <JWT>`.

    Raises:
        ApiError: It is missing, not ours, or over.
    """
    kind, _, token = authorization.partition(" ")
    if kind.lower() != "bearer":
        raise _refused(switches)
    try:
        # The library would look at the machine's clock; the sandbox has its own.
        claims = jwt.decode(
            token.strip(),
            _key(db),
            algorithms=[_ALGORITHM],
            options={"verify_exp": False, "verify_iat": False},
        )
        ends = datetime.fromtimestamp(claims["exp"], UTC)
    except (jwt.PyJWTError, KeyError, TypeError, ValueError):
        raise _refused(switches) from None
    if ends <= now:
        raise _refused(switches)


def expire(db: sqlite3.Connection) -> None:
    """Let every token that was given out be refused from now on.

    Args:
        db: The open transaction.
    """
    db.execute("DELETE FROM account WHERE name = 'signing_key'")


def _key(db: sqlite3.Connection) -> str:
    """The signing key of this data directory, so that tokens outlive a restart."""
    db.execute("INSERT OR IGNORE INTO account VALUES ('signing_key', ?)", (secrets.token_hex(32),))
    return str(db.execute("SELECT value FROM account WHERE name = 'signing_key'").fetchone()[0])


def _refused(switches: Mapping[str, str]) -> ApiError:
    return ApiError("Invalid access token", int(chosen(switches, "token_refused")))
