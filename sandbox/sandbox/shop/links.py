"""Link objects as the API writes them, and where they point.

In the store a link points to the production host; each answer puts its own address in that place.
"""

from typing import Any

BASE = "https://api.webshopapp.com/nl/"


def to_one(path: str, identifier: int) -> dict[str, Any]:
    """A link to the record `identifier` of `path`, such as `customers`."""
    url = f"{path}/{identifier}"
    return {"resource": {"id": identifier, "url": url, "link": f"{BASE}{url}.json"}}


def to_many(url: str) -> dict[str, Any]:
    """A link to a collection: its id is false; a filter sits in the url, behind the suffix in the link."""
    path, mark, query = url.partition("?")
    return {"resource": {"id": False, "url": url, "link": f"{BASE}{path}.json{mark}{query}"}}


def rebased(text: str, base: str) -> str:
    """JSON text of the store with its links below `base`, which ends with the language and a slash."""
    return text.replace(BASE, base)
