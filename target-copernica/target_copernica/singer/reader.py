"""How messages come in: a thread reads standard input, the run is never blocked by it.

An SDK target that waits in stdin sees no signal and no clock. Here a thread reads into a bounded
queue, and the thread that takes lines from it gets a turn (`on_turn`) whenever there is nothing to take.
"""

from __future__ import annotations

import codecs
import json
import queue
import sys
import threading
from collections import Counter
from decimal import Decimal, InvalidOperation
from typing import IO, TYPE_CHECKING, Any

import msgspec
from singer_sdk.singerlib.encoding.base import GenericSingerReader, SingerMessageType

from target_copernica.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["QueueReader"]

_CHUNK_BYTES = 1 << 20
"""Read at once: whenever the thread has read, it takes the interpreter's lock from the one that works."""

_WAITING_BYTES = 1 << 22
"""About 4 MiB wait at the most: enough for the tap to go on while an import is polled."""

_IDLE_SECONDS = 0.2
_BOM = codecs.BOM_UTF8
"""Some programs write it in front of a file; where files were joined it stands before a later line."""

_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_KINDS = tuple(kind.value for kind in SingerMessageType)
_MOST_DIGITS = 4000
"""Python refuses to read a whole number of more digits (`sys.int_info`), as a Decimal it does."""


def _any_fraction(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:  # an exponent beyond all reason
        return Decimal(float(text))


def _any_whole(text: str) -> int | Decimal:
    return int(text) if len(text) <= _MOST_DIGITS else Decimal(text)


_FAST = msgspec.json.Decoder(float_hook=Decimal)
_PATIENT = json.JSONDecoder(parse_float=_any_fraction, parse_int=_any_whole)
"""Made once, not once a line. The first refuses numbers and texts that the second reads too."""


class QueueReader(GenericSingerReader[str]):
    """Reads Singer messages through a queue and gives the run its turns.

    Args:
        on_start: Called once before the first message.
        on_turn: Called after every message and at least five times a second while none come.
    """

    def __init__(self, on_start: Callable[[], None], on_turn: Callable[[], None]) -> None:
        super().__init__()
        self._on_start = on_start
        self._on_turn = on_turn
        self.line_number = 0

    @property
    def default_input(self) -> IO[str]:
        """Standard input, as it is now."""
        return sys.stdin

    def deserialize_json(self, line: str | bytes) -> dict[str, Any]:
        """Parse one line; numbers with a fraction keep their digits.

        Raises:
            InputError: Not a JSON object. The line is not quoted: it may hold personal data.
        """
        try:
            message = _decoded(line)
        except (ValueError, RecursionError):
            message = None
        if not isinstance(message, dict):
            raise InputError(
                f"line {self.line_number} of the input is not a Singer message (no JSON object)"
            ) from None
        return message

    @staticmethod
    def assert_line_requires(line_dict: dict[str, Any], requires: set[str]) -> None:
        """Check that a message has these keys.

        Raises:
            InputError: One is missing. The message is not quoted.
        """
        if missing := requires - set(line_dict):
            kind = line_dict.get("type")
            whose = f"a {kind} message" if kind in _KINDS else "a Singer message, or its schema,"
            raise InputError(f"{whose} lacks: {', '.join(sorted(missing))}")

    def process_lines(
        self, file_input: IO[str] | None, callbacks: dict[str, Callable[[dict[str, Any]], None]]
    ) -> Counter[str]:
        """Hand each message to its callback until the input ends.

        Args:
            file_input: What to read; standard input where None.
            callbacks: By message type.

        Returns:
            How many messages of each type came.

        Raises:
            InputError: A line is no message, or of an unknown type.
        """
        counts: Counter[str] = Counter()
        self._on_start()
        for line in self._lines(file_input or self.default_input):
            self.line_number += 1
            if line.startswith(_UTF_16):
                raise InputError(
                    f"line {self.line_number} of the input is UTF-16, and Singer messages are UTF-8 "
                    "(PowerShell's `>` writes UTF-16)"
                )
            if not line.strip():
                continue
            message = self.deserialize_json(line)
            self.assert_line_requires(message, {"type"})
            kind = message["type"]
            if not isinstance(kind, str) or kind not in callbacks:
                raise InputError(f"line {self.line_number} of the input is a message of an unknown type")
            self._check(message)
            try:
                callbacks[kind](message)
            except RecursionError:
                raise InputError(f"line {self.line_number} of the input is nested too deeply") from None
            counts[kind] += 1
            self._on_turn()
        return counts

    def _check(self, message: dict[str, Any]) -> None:
        """The parts of a message that the SDK takes on trust.

        Raises:
            InputError: One is not what the Singer specification says.
        """
        if message["type"] == "SCHEMA":
            self._check_schema(message)
        elif not isinstance(message.get("stream", ""), str):
            raise self._wrong("`stream` of a message must be a text")
        elif not isinstance(message.get("record", {}), dict):
            raise self._wrong("`record` of a message must be an object")

    def _check_schema(self, message: dict[str, Any]) -> None:
        stream, schema = message.get("stream", ""), message.get("schema", {})
        if not isinstance(stream, str) or not stream.isprintable():
            raise self._wrong("`stream` of a message must be a readable text")
        if not isinstance(schema, dict):
            raise self._wrong("`schema` of a message must be an object")
        keys = message.get("key_properties") or []
        if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
            raise self._wrong("`key_properties` must be a list of names")
        properties = schema.get("properties", {})
        if not isinstance(properties, dict) or not all(
            isinstance(definition, (dict, bool)) for definition in properties.values()
        ):
            raise self._wrong("the schema's `properties` must be JSON schemas")

    def _wrong(self, what: str) -> InputError:
        return InputError(f"line {self.line_number} of the input: {what}")

    def _lines(self, stream: IO[str]) -> Iterator[bytes]:
        """Complete lines, in order. What stands behind the last line break is a line that was cut off."""
        chunks = _Chunks(_WAITING_BYTES)
        threading.Thread(target=_read_into, args=(stream, chunks), name="stdin", daemon=True).start()
        begun: list[bytes] = []  # pieces of a line whose end has not come: joined once, however long it is
        while True:
            try:
                chunk = chunks.get(timeout=_IDLE_SECONDS)
            except queue.Empty:
                self._on_turn()
                continue
            if isinstance(chunk, BaseException):
                raise InputError(f"the input cannot be read ({type(chunk).__name__})") from chunk
            if chunk is None:
                break
            if b"\n" not in chunk:
                begun.append(chunk)
                continue
            first, *lines, rest = chunk.split(b"\n")
            yield b"".join([*begun, first]).removeprefix(_BOM)
            for line in lines:
                yield line.removeprefix(_BOM)
            begun = [rest]
        if (rest := b"".join(begun).removeprefix(_BOM)).strip():
            yield from self._last(rest)

    def _last(self, rest: bytes) -> Iterator[bytes]:
        """A last line without a line break: a whole message of a careless writer, or one that was cut."""
        try:
            _decoded(rest)
        except (ValueError, RecursionError):
            self.on_cut_line()
        else:
            yield rest

    def on_cut_line(self) -> None:
        """The tap ended in the middle of a line: its exit code tells why, what came before it counts."""


def _decoded(line: str | bytes) -> Any:  # noqa: ANN401 - any JSON
    """The value of a line.

    Raises:
        ValueError: It is no JSON.
        RecursionError: It is nested too deeply.
    """
    try:
        return _FAST.decode(line)
    except (msgspec.DecodeError, UnicodeError, InvalidOperation):
        # Half a surrogate, a byte of another encoding (such a text is written with a mark in its place), a
        # number of thousands of digits.
        return _PATIENT.decode(line if isinstance(line, str) else line.decode("utf-8", "replace"))


class _Chunks(queue.Queue[bytes | BaseException | None]):
    """A queue whose size is counted in bytes: a pipe gives them by little, a file by much.

    These four methods are the ones that `queue.Queue` leaves to its subclasses.
    """

    def _init(self, maxsize: int) -> None:
        super()._init(maxsize)
        self._bytes = 0

    def _qsize(self) -> int:
        return self._bytes

    def _put(self, item: bytes | BaseException | None) -> None:
        super()._put(item)
        self._bytes += _weight(item)

    def _get(self) -> bytes | BaseException | None:
        item = super()._get()
        self._bytes -= _weight(item)
        return item


def _weight(item: bytes | BaseException | None) -> int:
    """Bytes of a chunk; what ends the input counts as one."""
    return len(item) if isinstance(item, bytes) else 1


def _read_into(stream: IO[str], chunks: _Chunks) -> None:
    try:
        raw = getattr(stream, "buffer", None)
        if raw is None:
            for line in stream:
                chunks.put(line.encode("utf-8"))
        else:
            while chunk := raw.read1(_CHUNK_BYTES):
                chunks.put(chunk)
    except Exception as error:  # noqa: BLE001 - whatever ended this thread must end the run, which would wait for ever
        chunks.put(error)
    else:
        chunks.put(None)
