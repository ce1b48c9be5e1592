"""A record becomes a fragment of a profile or subprofile and is handed on: nothing is written here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import fastjsonschema
from singer_sdk.sinks import Sink

from target_copernica.errors import RejectedRecordError
from target_copernica.mapping.apply import mapped
from target_copernica.writing.deletions import DELETED_AT

if TYPE_CHECKING:
    from target_copernica.run.run import Route
    from target_copernica.singer.target import TargetCopernica

__all__ = ["CopernicaSink"]


class CopernicaSink(Sink):
    """Validates and maps the records of one stream.

    The SDK's own batches are not used: one writer for all streams keeps their order.
    """

    def __init__(
        self,
        target: TargetCopernica,
        stream_name: str,
        schema: dict[str, Any],
        key_properties: list[str] | None,
    ) -> None:
        super().__init__(target, stream_name, schema, key_properties)
        self._run = target.run
        self._route: Route | None = target.run.route(stream_name, schema, key_properties or [])
        self._deletes = self.config["deletes"] == "delete"
        self._validate = self._compiled(schema) if self.validate_schema else None

    def _compiled(self, schema: dict[str, Any]) -> Any:  # noqa: ANN401 - a generated function
        draft = {**_without_multiple_of(schema), "$schema": "http://json-schema.org/draft-07/schema#"}
        try:
            return fastjsonschema.compile(draft, use_formats=False, use_default=False)
        except Exception as error:  # noqa: BLE001 - whatever a schema of any tap makes its compiler raise
            self.logger.warning(
                "stream %s: its schema cannot be used to check records (%s); they are taken unchecked",
                self.stream_name,
                type(error).__name__,
            )
            return None

    def get_validator(self) -> None:
        """No validator of the SDK: it costs most of a target's time and logs whole records."""

    def take(self, record: dict[str, Any], number: int) -> None:
        """Map a record and hand it to the writer.

        Args:
            record: As the tap sent it; dates stay texts.
            number: Its number at the gate.
        """
        self._run.report.add(self.stream_name, "read")
        if self._route is None:
            self._run.leave_out(self.stream_name, number)
            return
        try:
            if self._validate is not None:
                self._validate(record)
            fragment = mapped(record, self._route.stream, self._run.zone)
        except fastjsonschema.JsonSchemaValueException as error:
            # Its message quotes the value; the name of the property and the rule do not.
            reason = f"{error.name} does not fit the stream's schema ({error.rule})"
            self._run.reject(self._route, reason, record, number)
        except RejectedRecordError as error:
            self._run.reject(self._route, error.reason, record, number)
        else:
            if self._deletes and record.get(DELETED_AT):
                self._run.delete(self._route, fragment, number)
            else:
                self._run.hand_over(self._route, fragment, number)

    def complete(self) -> None:
        """The stream's list was read completely."""
        if self._route is not None:
            self._run.complete(self._route)

    def process_record(self, record: dict[str, Any], context: dict[str, Any]) -> None:
        """Part of the SDK's interface; records come through `take`."""
        raise NotImplementedError

    def process_batch(self, context: dict[str, Any]) -> None:
        """Part of the SDK's interface; the writer owns all batches."""


def _without_multiple_of(schema: Any) -> Any:  # noqa: ANN401 - any JSON
    """A schema without `multipleOf`, whose arithmetic is not made for decimals."""
    if isinstance(schema, dict):
        return {
            name: _without_multiple_of(part)
            for name, part in schema.items()
            if name != "multipleOf" or isinstance(part, dict)  # a property may have that name
        }
    return [_without_multiple_of(part) for part in schema] if isinstance(schema, list) else schema
