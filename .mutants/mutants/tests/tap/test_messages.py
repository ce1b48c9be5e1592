"""Each message is one line of JSON that a reader understands, whatever a text holds."""

from __future__ import annotations

import io
import json
import sys
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st
from singer_sdk.singerlib import RecordMessage

from tap_seoshop.records.messages import MessageWriter
from tap_seoshop.tap import TapSeoshop

if TYPE_CHECKING:
    import pytest

TEXTS = st.text(st.characters(codec=None, exclude_categories=())) | st.sampled_from(
    ["\ud83d", "half \udc00 of it", "a\u2028b\x85c", "line\nline\r\n", "\x00\x7f", "\U0001f600"]
)
VALUES = st.none() | st.booleans() | st.integers() | TEXTS | st.decimals(-(10**9), 10**9, places=2)


def line(record: dict[str, Any]) -> bytearray:
    """The line that is written for a record."""
    at = datetime(2026, 11, 2, 9, tzinfo=UTC)
    return MessageWriter().serialize_message(RecordMessage("customers", record, time_extracted=at))


@given(st.dictionaries(TEXTS, VALUES | st.lists(VALUES, max_size=3), max_size=5))
def test_a_record_is_one_line_that_reads_back_as_it_was(record: dict[str, Any]) -> None:
    """Also with half a surrogate, which UTF-8 cannot hold, and after one."""
    for _ in range(2):
        written = bytes(line(record))
        assert written.endswith(b"\n")
        assert written.count(b"\n") == 1
        assert json.loads(written, parse_float=Decimal)["record"] == record


def test_money_keeps_its_digits() -> None:
    """Not as a text, and not as the nearest binary number."""
    assert b'"price":19.90,' in line({"price": Decimal("19.90"), "id": 1})


def test_the_tap_writes_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is written reaches a reader at once: the next record may be an hour away."""
    config = {"api_key": "k" * 32, "api_secret": "s" * 32}
    out = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BufferedWriter(_Raw(out)), encoding="ascii"))
    TapSeoshop(config=config).write_message(RecordMessage("customers", {"city": "Curaçao"}))
    assert json.loads(out.getvalue())["record"] == {"city": "Curaçao"}


class _Raw(io.RawIOBase):
    """A pipe, of which `out` is what came through."""

    def __init__(self, out: io.BytesIO) -> None:
        self._out = out

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        return self._out.write(data)
