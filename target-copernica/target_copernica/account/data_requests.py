"""Copernica's own data request on an address, for the whole account, and what it names that is left of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from target_copernica.errors import LostAnswerError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from target_copernica.api.client import Client
    from target_copernica.api.interrupt import Interrupt

__all__ = ["DataRequests", "ask_for_data"]

_PATIENCE: Final = 60.0
_FIRST_WAIT: Final = 0.5
_LONGEST_WAIT: Final = 10.0


def ask_for_data(
    client: Client, address: str, wait: Callable[[float], None], patience: float
) -> dict[str, Any]:
    """Copernica's own answer to a request for all data of an address (docs/api/copernica.md section 13).

    Args:
        client: The account.
        address: As it was given.
        wait: Sleeps.
        patience: Most seconds to wait for the answer.

    Returns:
        `status`, `request` (its id), and `data` where it is there.
    """
    try:
        number = client.post(f"email/{quote(address, safe='')}/datarequest", {})
    except (RefusedError, LostAnswerError):
        return {"status": "Copernica did not take the request; ask for it in its interface"}
    pause, waited = _FIRST_WAIT, 0.0
    while (status := str(client.get(f"datarequest/{number}/status").get("status"))) == "pending":
        if waited >= patience:
            break
        wait(pause)
        waited, pause = waited + pause, min(2 * pause, _LONGEST_WAIT)
    if status != "available":
        return {"status": status, "request": number}
    return {"status": status, "request": number, "data": client.get(f"datarequest/{number}/data")}


@dataclass(frozen=True, slots=True)
class DataRequests:
    """Asks, and waits a minute for the answer.

    Attributes:
        client: The account.
        interrupt: Breaks off waits.
    """

    client: Client
    interrupt: Interrupt

    def remains(self, address: str) -> str:
        """What is left of an address, in words without personal data; empty where it is nothing.

        Args:
            address: The address.
        """
        answer = ask_for_data(self.client, address, self.interrupt.wait, _PATIENCE)
        if "data" in answer:
            return _named(answer["data"])
        return f"not known (data request {answer.get('request', 'refused')}: {answer['status']})"


def _named(data: Any) -> str:  # noqa: ANN401 - the form of the answer is not documented
    if not data:
        return ""
    profiles = data.get("profiles") if isinstance(data, dict) else None
    if not isinstance(profiles, list):
        return "not known: the answer has an unknown form"
    where = sorted({str(one.get("database")) for one in profiles if isinstance(one, dict)})
    return f"{len(profiles)} profiles in the databases {', '.join(where)}" if profiles else ""
