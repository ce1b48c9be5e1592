"""A colleague who works in the same Copernica account."""

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
        number = self.sandbox.databases()[self.database]["id"]
        answer = self._call("POST", f"database/{number}/profiles", {"fields": fields})
        return int(answer.headers["X-Created"])

    def creates_below(self, profile: int, collection: int, fields: dict[str, Any]) -> int:
        """Create a subprofile; its id."""
        answer = self._call("POST", f"profile/{profile}/subprofiles/{collection}", fields)
        return int(answer.headers["X-Created"])

    def changes(self, number: int, **fields: str) -> None:
        """Write to any profile."""
        self._call("PUT", f"profile/{number}/fields", fields)

    def sets_unsubscribe(self, behavior: dict[str, Any]) -> None:
        """Add a field of consent, and say what is to happen on an unsubscribe."""
        number = self.sandbox.databases()[self.database]["id"]
        field = {"name": "newsletter", "type": "text", "length": 10}
        there = self._call("GET", f"database/{number}", {}).json()["fields"]["data"]
        if "newsletter" not in [one["name"] for one in there]:
            self._call("POST", f"database/{number}/fields", field)
        self._call("PUT", f"database/{number}/unsubscribe", behavior)

    def makes_database(self) -> None:
        """Make the database by hand."""
        self._call("POST", "databases", {"name": self.database, "description": "Ours"})

    def reads_database(self) -> Any:
        """The database as the API shows it."""
        return self._call("GET", f"database/{self.database}", {}).json()

    def asks(
        self,
        path: str,
        *,
        post: dict[str, Any] | None = None,
        put: dict[str, Any] | None = None,
        delete: bool = False,
    ) -> Any:
        """Any call of the API; what it answers."""
        body = post if post is not None else put
        method = "POST" if post is not None else "PUT" if put is not None else "DELETE" if delete else "GET"
        answer = self._call(method, path, body or {})
        return answer.json() if answer.content else None

    def changes_database(self, **properties: Any) -> None:
        """Give the database another name or description."""
        self._call("PUT", f"database/{self.database}", properties)

    def forbids_mail(self) -> None:
        """Take the intention of e-mail from the database."""
        number = self.sandbox.databases()[self.database]["id"]
        self._call("PUT", f"database/{number}/intentions", {"email": False})

    def unsubscribes(self, key: str) -> None:
        """A reader takes the link in a mail."""
        self._call("PUT", f"profile/{self.number_of(key)}/unsubscribe", {})

    def _call(self, method: str, path: str, body: dict[str, Any]) -> requests.Response:
        url = self.sandbox.url + "/copernica"
        token = requests.post(f"{url}/authenticate", data={"access_token": COPERNICA_TOKEN}, timeout=30).text
        headers = {"Authorization": f"Bearer {token}"}
        answer = requests.request(method, f"{url}/v4/{path}", json=body, headers=headers, timeout=30)
        answer.raise_for_status()
        return answer

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
