"""How a record comes in: it is validated, mapped, and handed over to be written or deleted, or refused.

The records of a tap and those that `replay` takes from the rejects file come in by this one way.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from target_copernica.errors import RejectedRecordError
from target_copernica.mapping.apply import mapped, with_known_keys
from target_copernica.mapping.schema_check import SchemaCheck
from target_copernica.writing.deletions import DELETED_AT
from target_copernica.writing.queue import fragment_from_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from target_copernica.run.run import Run

__all__ = ["Intake"]


class Intake:
    """Takes the records of one stream.

    Args:
        run: Writes them.
        stream: Name of the stream.
        schema: Its JSON schema.
        key_properties: Its key.

    Raises:
        SettingsError: The stream is not mapped, and the setting `unmapped_streams` says `error`.
    """

    def __init__(
        self, run: Run, stream: str, schema: Mapping[str, Any], key_properties: Sequence[str]
    ) -> None:
        self._run = run
        self._stream = stream
        self._destination = run.destination(stream, schema, key_properties)
        self._check: SchemaCheck | None = None
        if run.settings["validate_records"]:
            self._check = SchemaCheck(schema)
            self._check.warn(stream, run.log)

    @property
    def is_mapped(self) -> bool:
        """Whether the records of this stream go anywhere."""
        return self._destination is not None

    def take(self, record: dict[str, Any], number: int) -> None:
        """Validate a record, map it, and hand it over.

        Args:
            record: As the tap sent it; dates stay texts.
            number: Its number at the state checkpoint.

        Raises:
            TooManyRejectsError: It is refused, and one too many.
        """
        self._run.report.add(self._stream, "read")
        if self._destination is None:
            self._run.leave_out(self._stream, number)
            return
        try:
            if self._check is not None:
                self._check(record)
            fragment = mapped(record, self._destination.stream, self._run.zone)
            place, knows = self._destination.place, self._run.work.ledger.knows
            with_known_keys(fragment, partial(knows, place.code), partial(knows, place.database_code))
        except RejectedRecordError as error:
            self._run.reject(self._destination, error.reason, record, number)
        else:
            fragment.arrival = number
            if self._run.settings["deletes"] == "delete" and record.get(DELETED_AT):
                self._run.delete(self._destination, fragment, number)
            else:
                self._run.hand_over(self._destination, fragment, number)

    def take_fragment(self, content: dict[str, Any], number: int) -> None:
        """Hand over what the mapping had made of a record when Copernica refused it.

        Args:
            content: The fragment, as the rejects file has it.
            number: Its number at the state checkpoint.
        """
        self._run.report.add(self._stream, "read")
        if self._destination is None:
            self._run.leave_out(self._stream, number)
            return
        fragment = fragment_from_json(content)
        fragment.arrival = number
        self._run.hand_over(self._destination, fragment, number)

    def complete(self) -> None:
        """The stream's list was read completely."""
        if self._destination is not None:
            self._run.complete(self._destination)
