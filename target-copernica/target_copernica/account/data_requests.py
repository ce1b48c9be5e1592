"""What Copernica's own data request on an address names that is left of it, anywhere in the account."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from target_copernica.account.person import ask_for_data

if TYPE_CHECKING:
    from target_copernica.api.client import Client
    from target_copernica.api.interrupt import Interrupt

__all__ = ["DataRequests"]

_PATIENCE: Final = 60.0


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
