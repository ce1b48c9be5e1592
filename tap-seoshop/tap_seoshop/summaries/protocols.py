"""What a derived stream declares: pure classes that add up or collect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Collector", "Summary"]


class Collector(Protocol):
    """Collects all records of one list, then makes records of them."""

    def add(self, raw: Mapping[str, Any]) -> None:
        """Add a record, in the form of the API."""

    def records(self, titles: Mapping[Any, Any]) -> Iterator[dict[str, Any]]:
        """The records.

        Args:
            titles: Titles of a lookup list, by id.
        """


class Summary(Protocol):
    """Adds up the records of any number of customers."""

    def add(self, name: str, raw: Mapping[str, Any]) -> None:
        """Add a record of the list `name`, in the form of the API."""

    def forget(self, customer: int) -> None:
        """Drop what was added up for a customer."""

    def knows(self, customer: int) -> bool:
        """Whether the customer's own record was added."""

    def own(self) -> set[int]:
        """Every customer with a record."""

    def customers(self) -> Iterator[int]:
        """Every customer with a record or an order, newest first."""

    def record(self, customer: int) -> dict[str, Any] | None:
        """The summary of a customer; None for one without record and order."""
