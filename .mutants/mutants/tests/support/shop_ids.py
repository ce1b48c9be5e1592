"""The ids that stand in a served shop, found as a client finds them: in the lists."""

import re
from functools import cache

from starlette.testclient import TestClient

ROOT = "/seoshop/nl"
PLACEHOLDER = re.compile(r"\{(\w+)\}")
# So many of the newest and of the oldest: the oldest are the curated ones.
ENDS = 30


class Ids:
    """Asks each list once."""

    def __init__(self, http: TestClient) -> None:
        """Find with `http`, which bears the key."""
        self._http = http
        self._listed = cache(self._list)
        self.of = cache(self._of)

    def _list(self, path: str) -> list[int]:
        answer = self._http.get(f"{ROOT}{path}.json", params={"limit": 250, "fields": "id"})
        if not answer.is_success:
            return []
        (records,) = answer.json().values()
        found = [record["id"] for record in records] if isinstance(records, list) else []
        return found if len(found) <= 2 * ENDS else found[:ENDS] + found[-ENDS:]

    def _of(self, path: str) -> list[dict[str, int]]:
        """Some that fit the placeholders of `path` together; none when nothing of the kind is there."""
        found: list[tuple[str, dict[str, int]]] = [("", {})]
        parts = PLACEHOLDER.split(path)
        for fixed, name in zip(parts[::2], parts[1::2], strict=False):
            found = [
                (f"{place}/{number}", {**known, name: number})
                for start, known in found
                for place in (start + fixed.rstrip("/"),)
                for number in self._listed(place)
            ]
        return [known for _, known in found]
