"""Reading messages: marks in front of lines, other encodings, numbers that Python does not read by itself."""

import codecs
import io
from decimal import Decimal
from typing import Any

import pytest

from target_copernica.errors import InputError
from target_copernica.singer.reader import QueueReader

STATE = b'{"type":"STATE","value":{"n":1}}'


def read(raw: bytes) -> list[Any]:
    """The values of the STATE messages in an input."""
    found: list[Any] = []
    reader = QueueReader(lambda: None, lambda: None)
    reader.process_lines(
        io.TextIOWrapper(io.BytesIO(raw)), {"STATE": lambda message: found.append(message["value"]["n"])}
    )
    return found


@pytest.mark.parametrize(
    "raw",
    [
        codecs.BOM_UTF8 + STATE + b"\n" + STATE + b"\n",
        STATE + b"\n" + codecs.BOM_UTF8 + STATE + b"\n",
        codecs.BOM_UTF8 + STATE + b"\r\n" + codecs.BOM_UTF8 + STATE,
        codecs.BOM_UTF8 + b"\n" + STATE + b"\n" + STATE,
    ],
)
def test_a_byte_order_mark_before_a_line_is_no_part_of_it(raw: bytes) -> None:
    assert read(raw) == [1, 1]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_another_encoding_is_reported(encoding: str) -> None:
    marks = {"utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE}
    raw = marks.get(encoding, b"") + (STATE.decode() + "\n").encode(encoding)
    with pytest.raises(InputError, match="line 1 of the input is UTF-16"):
        read(raw)


def test_numbers_of_any_size_are_read() -> None:
    numbers = ["9" * 30, "9" * 5000, "-" + "9" * 5000, "7.0", "1e1", "1e400"]
    lines = [f'{{"type":"STATE","value":{{"n":{number}}}}}' for number in numbers]
    found = read("\n".join(lines).encode())
    assert [Decimal(number) for number in numbers] == found


@pytest.mark.parametrize("number", ["1e99999999999999999999", "-1e99999999999999999999"])
def test_an_exponent_beyond_all_reason_is_no_usable_number_and_no_end_of_the_run(number: str) -> None:
    (found,) = read(f'{{"type":"STATE","value":{{"n":{number}}}}}'.encode())
    assert not found.is_finite()


def test_whatever_breaks_the_reading_ends_the_run() -> None:
    class Broken(io.BytesIO):
        def read1(self, _size: int | None = -1, /) -> bytes:
            raise MemoryError

    reader = QueueReader(lambda: None, lambda: None)
    with pytest.raises(InputError, match=r"the input cannot be read \(MemoryError\)"):
        reader.process_lines(io.TextIOWrapper(Broken()), {})
