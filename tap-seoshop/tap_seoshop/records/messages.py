"""How messages are written: by the SDK's fast encoder, and what that refuses by its slow one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from singer_sdk.contrib.msgspec import MsgSpecWriter
from singer_sdk.singerlib.json import serialize_json

if TYPE_CHECKING:
    from singer_sdk.singerlib import Message

__all__ = ["MessageWriter"]


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
