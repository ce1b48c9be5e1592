"""The sandbox's page as a person reads it."""

from collections import Counter
from html.parser import HTMLParser

import requests

from support.sandbox import Sandbox

NASTY = '<img src=x onerror="alert(1)">'
"""A name that would be a script, were it not text."""


class Text(HTMLParser):
    """What a reader sees, cell by cell."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self.tags: Counter[str] = Counter()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        assert not any(name.startswith("on") for name, _ in attrs), f"{tag} with a script in it"

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.pieces.append(" ".join(data.split()))


def found(sandbox: Sandbox, words: str) -> requests.Response:
    """What a search leads to."""
    return requests.post(sandbox.url + "/search", data={"q": words}, timeout=30)


def shown(sandbox: Sandbox, path: str, status: int = 200, **query: str) -> Text:
    """A page, as it is read."""
    return read(requests.get(sandbox.url + path, params=query, timeout=30), status)


def read(answer: requests.Response, status: int = 200) -> Text:
    """What stands in an answer. No page holds a script."""
    assert answer.status_code == status, answer.text[-500:]
    assert "script-src" not in answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    text = Text()
    text.feed(answer.text)
    assert text.tags["script"] == 0
    assert text.tags["main"] == text.tags["h1"] == 1
    return text
