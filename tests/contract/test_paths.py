"""Each path of the SEOshop API is a stream, or stands in `docs/paths.md` with the reason why it is none."""

import re

from support import not_served
from support.described import DOCS, description
from tap_seoshop.streams import STREAMS

ROW = re.compile(r"^\| `(?P<path>[^`]+)` \| (?P<served>yes|no) \| .+ \|$", re.MULTILINE)


def plain(path: str) -> str:
    """A described path as the tap writes it: `orders/{id}/products`."""
    return re.sub(r"\{\w+\}", "{id}", path.removesuffix(".json").strip("/"))


def lists() -> set[str]:
    """The described paths, but those of counts and of single records of a list."""
    paths = [
        re.sub(r"\{\w+\}", "{id}", path.removesuffix(".json").strip("/"))
        for path in description("seoshop")["paths"]
    ]
    return {path for path in paths if not path.endswith(("/count", "/{id}"))}


def test_what_is_not_read_is_named_with_a_reason() -> None:
    read = {"shop", *(stream.place.path for stream in STREAMS if hasattr(stream, "place"))}
    table = {row["path"]: row["served"] for row in ROW.finditer((DOCS.parent / "paths.md").read_text())}
    assert set(table) == lists() - read
    assert {path for path, served in table.items() if served == "no"} == set(map(plain, not_served.SEOSHOP))
