"""Somebody else who works in the same Copernica account."""

from dataclasses import dataclass
from typing import Any, Self

import requests

from support.sandbox import COPERNICA_TOKEN, Sandbox


@dataclass
class Colleague:
    """A user of the API who has a profile in a database of ours."""

    sandbox: Sandbox
    database: str
    own: int = 0

    @classmethod
    def beside(cls, sandbox: Sandbox, database: str) -> Self:
        """Put a profile without our key into a database."""
        colleague = cls(sandbox, database)
        colleague.own = colleague.creates({"firstname": "Colleague", "email": "own@example.com"})
        return colleague

    def creates(self, fields: dict[str, Any]) -> int:
        """Create a profile; its id."""
        url = self.sandbox.url + "/copernica"
        token = requests.post(f"{url}/authenticate", data={"access_token": COPERNICA_TOKEN}, timeout=30).text
        number = self.sandbox.databases()[self.database]["id"]
        answer = requests.post(
            f"{url}/v4/database/{number}/profiles",
            json={"fields": fields},
            headers={"Authorization": f"Bearer {token}"},
            timeout=30,
        )
        return int(answer.headers["X-Created"])

    def number_of(self, key: str) -> int:
        """Id of the profile that has a key."""
        found = self.sandbox.profiles(self.database)
        return next(int(one["ID"]) for one in found if one["fields"]["external_key"] == key)

    def is_untouched(self) -> None:
        """Fail if the own profile is not as it was made."""
        found = self.sandbox.profile(self.own)
        assert (found["firstname"], found["email"]) == ("Colleague", "own@example.com")
        filled = {name for name, value in found.items() if value not in ("", "0", "0.0", "0.00")}
        assert filled == {"firstname", "email"}, filled
