"""Campaigns of coupons and their codes (docs/api/copernica.md, section 13).

The pages tell what is sent; what the lists look like is made after the API's other lists.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from sandbox.copernica import answers
from sandbox.copernica.answers import ApiError
from sandbox.copernica.conditions import parse
from sandbox.copernica.structure import flag, paged

if TYPE_CHECKING:
    import sqlite3

    from sandbox.copernica.answers import Answer
    from sandbox.copernica.calls import Call

_CAMPAIGN: Final = {"name": "", "description": "", "archived": False, "tags": []}
_COUPON: Final = {"validfrom": "", "validuntil": "", "redeemed": False}


def campaigns(call: Call) -> Answer:
    """`GET couponcampaigns`."""
    rows = call.db.execute("SELECT * FROM coupon_campaigns ORDER BY id").fetchall()
    return paged(call, [_campaign_form(row) for row in rows])


def create_campaign(call: Call) -> Answer:
    """`POST couponcampaigns`."""
    body = _CAMPAIGN | {name: value for name, value in call.properties.items() if name in _CAMPAIGN}
    if not body["name"]:
        raise ApiError("Invalid data provided")
    cursor = call.db.execute("INSERT INTO coupon_campaigns (body) VALUES (?)", (json.dumps(body),))
    new_id = int(cursor.lastrowid or 0)
    return answers.created(call.address(f"couponcampaign/{new_id}"), new_id)


def campaign(call: Call) -> Answer:
    """`GET couponcampaign/{campaign}`."""
    return answers.body(_campaign_form(_found(call)))


def update_campaign(call: Call) -> Answer:
    """`PUT couponcampaign/{campaign}`: what is not named stays."""
    row = _found(call)
    sent = {name: value for name, value in call.properties.items() if name in _CAMPAIGN}
    call.db.execute(
        "UPDATE coupon_campaigns SET body = ? WHERE id = ?",
        (json.dumps(json.loads(row["body"]) | sent), row["id"]),
    )
    return answers.changed(call.session.switch("put_answer"), call.url)


def listed(call: Call) -> Answer:
    """`GET couponcampaign/{campaign}/coupons`: filtered by `fields[]` on `code`, `status` and `valid`."""
    rows = call.db.execute(
        "SELECT * FROM coupons WHERE campaign = ? ORDER BY code", (_found(call)["id"],)
    ).fetchall()
    shown = [_form(call, row) for row in rows]
    wanted = [found for text in call.conditions if (found := parse(text)) is not None]
    return paged(call, [one for one in shown if all(_holds(one, condition) for condition in wanted)])


def update(call: Call) -> Answer:
    """`PUT couponcampaign/{campaign}/coupons`: adds each code, or changes what is named of it.

    Raises:
        ApiError: `source` is no list of coupons with their codes.
    """
    row = _found(call)
    source = call.properties.get("source")
    if not isinstance(source, list) or not all(isinstance(one, dict) and one.get("code") for one in source):
        raise ApiError("Invalid data provided")
    for one in source:
        before = call.db.execute(
            "SELECT body FROM coupons WHERE campaign = ? AND code = ?", (row["id"], str(one["code"]))
        ).fetchone()
        body = (json.loads(before["body"]) if before else _COUPON) | {
            name: value for name, value in one.items() if name in _COUPON
        }
        call.db.execute(
            "INSERT OR REPLACE INTO coupons VALUES (?, ?, ?)", (row["id"], str(one["code"]), json.dumps(body))
        )
    return answers.changed(call.session.switch("put_answer"), call.url)


def _found(call: Call) -> sqlite3.Row:
    row: sqlite3.Row | None = call.db.execute(
        "SELECT * FROM coupon_campaigns WHERE CAST(id AS TEXT) = ?", (call.path["campaign"],)
    ).fetchone()
    if row is None:
        raise ApiError("No entity with supplied ID")
    return row


def _campaign_form(row: sqlite3.Row) -> dict[str, Any]:
    return {"ID": str(row["id"]), **json.loads(row["body"])}


def _form(call: Call, row: sqlite3.Row) -> dict[str, Any]:
    body = json.loads(row["body"])
    redeemed, now = flag(body["redeemed"]), call.session.stamp
    valid = (body["validfrom"] or now) <= now <= (body["validuntil"] or now)
    return {
        "code": row["code"],
        "status": "redeemed" if redeemed else "available",
        "valid": valid and not redeemed,
        "validfrom": body["validfrom"],
        "validuntil": body["validuntil"],
    }


def _holds(shown: dict[str, Any], condition: tuple[str, str, str]) -> bool:
    """Whether a coupon is asked for; a name that it does not have is ignored, as in other lists."""
    name, sign, value = condition
    if name.lower() not in ("code", "status", "valid"):
        return True
    same = str(shown[name.lower()]).lower() == value.strip().lower().replace("yes", "true").replace(
        "no", "false"
    )
    return same is (sign == "==")
