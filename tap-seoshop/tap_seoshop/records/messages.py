"""How messages are written: by the SDK's fast encoder, and what that refuses by its slow one."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from singer_sdk.contrib.msgspec import MsgSpecWriter
from singer_sdk.singerlib.json import serialize_json

from tap_seoshop.errors import ReaderGoneError, SettingsError

if TYPE_CHECKING:
    from singer_sdk.singerlib import Message

__all__ = ["MessageWriter", "flush_output"]


def flush_output() -> None:
    """Write what waits in standard output.

    Raises:
        ReaderGoneError: The reader has gone.
        SettingsError: It is a file that cannot be written.
    """
    try:
        sys.stdout.flush()
    except OSError as error:
        raise _output_error(error) from None


def _output_error(error: OSError) -> ReaderGoneError | SettingsError:
    if isinstance(error, BrokenPipeError):
        return ReaderGoneError()
    return SettingsError(f"standard output cannot be written: {error.strerror}")


class MessageWriter(MsgSpecWriter):
    """Writes one message a line, as UTF-8."""

    def serialize_message(self, message: Message) -> bytearray:
        """The line of a message.

        Half a surrogate (a text that some shop software cut in the middle of an emoji) has no UTF-8 form; the
        slow encoder writes it as the API does, escaped.
        """
        try:
            return super().serialize_message(message)
        except UnicodeEncodeError:
            return bytearray(serialize_json(message.to_dict()).encode() + b"\n")

    def write_message(self, message: Message) -> None:
        """Write a message to standard output.

        Raises:
            ReaderGoneError: The reader has gone.
            SettingsError: It is a file that cannot be written.
        """
        try:
            super().write_message(message)
        except OSError as error:
            raise _output_error(error) from None
