"""Cutting long lists into pages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

SIZE = 25

T = TypeVar("T")


@dataclass(frozen=True)
class Paging:
    """Where in a list a page stands.

    Attributes:
        total: rows of the whole list.
        number: of this page; 1 is the first.
        size: rows of a page.
        name: the query parameter that tells the page.
    """

    total: int
    number: int
    size: int = SIZE
    name: str = "page"

    @property
    def pages(self) -> int:
        """How many pages there are; an empty list has one."""
        return max(1, -(-self.total // self.size))

    @property
    def start(self) -> int:
        """Rows before this page."""
        return (self.number - 1) * self.size

    @property
    def end(self) -> int:
        """Rows up to the end of this page."""
        return min(self.start + self.size, self.total)

    def cut(self, rows: Sequence[T]) -> Sequence[T]:
        """The rows of this page, out of all."""
        return rows[self.start : self.end]


def paging(query: Mapping[str, str], total: int, *, size: int = SIZE, name: str = "page") -> Paging:
    """The page that a query asks for; the nearest one there is where it asks for none of them."""
    try:
        wanted = int(query.get(name, "1"))
    except ValueError:
        wanted = 1
    whole = Paging(total, 1, size, name)
    return Paging(total, min(max(1, wanted), whole.pages), size, name)
