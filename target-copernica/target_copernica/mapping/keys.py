"""How a record gets its key in Copernica.

Copernica compares texts without case and trims them, and knows no unique key. So keys are built
here: lower case, no blanks, one to one with the key of the source, at most 64 characters.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from target_copernica.errors import RejectedRecordError
from target_copernica.mapping.values import whole_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    Form = Literal["NFC", "NFD"]
    """Unicode forms of an address: composed, and decomposed, as macOS writes it."""

__all__ = [
    "KEY_FIELD", "KEY_LENGTH", "email_key", "external_key", "fold_email", "former_fold", "former_key",
    "order_key",
]  # fmt: skip

KEY_FIELD = "external_key"
"""Name of the Copernica field that holds the key, in every database and collection."""

KEY_LENGTH = 64

_MOST_DIGITS = 40  # 1e999999 is a short text and a long number
_SAFE = re.compile(rb"[a-z0-9_-]")
_ADDRESS = re.compile(r"\s*[^@\s]+@[^@\s]+\s*")


def external_key(parts: Sequence[object]) -> str:
    """Build the key of a profile or subprofile.

    Two different lists of parts never give the same key, also under Copernica's comparison
    (without case, trimmed): what is not in `[a-z0-9_-]` becomes `.hh`, and a key over 64
    characters becomes a hash. Of e-mail addresses alone, two Unicode forms are one part: a person has one
    address, however it is typed.

    Args:
        parts: The values of the key properties, in order: text or whole numbers.

    Returns:
        The parts joined with `:`.

    Raises:
        RejectedRecordError: A part is missing, empty, or neither text nor a whole number.
    """
    return _joined(parts, "NFC")


def former_key(parts: Sequence[object]) -> str | None:
    """The key that version 0.1 gave where one of the parts is an address that is not plain ASCII.

    Version 0.1 took two forms of one address for two people. Who is known by such a key keeps it: a key is
    the identity of a profile, and a new one would make the same person twice.

    Args:
        parts: As for `external_key`, which has accepted them.

    Returns:
        The former key: of the form that was sent, or of the decomposed one where the composed one was sent.
        None where it is the same.
    """
    if not any(isinstance(part, str) and not part.isascii() and _ADDRESS.fullmatch(part) for part in parts):
        return None
    key = _joined(parts, "NFC")
    return next((former for form in (None, "NFD") if (former := _joined(parts, form)) != key), None)


def _joined(parts: Sequence[object], form: Form | None) -> str:
    key = ":".join(_component(part, form) for part in parts)
    if len(key) <= KEY_LENGTH:
        return key
    # In every other key a dot is followed by two hexadecimal digits, so `.x` marks a hash.
    return "h.x" + hashlib.sha256(key.encode()).hexdigest()[: KEY_LENGTH - 3]


def _component(part: object, form: Form | None) -> str:
    if isinstance(part, bool) or part is None:
        raise RejectedRecordError("a key property is empty")
    if isinstance(part, Decimal) and part.adjusted() < _MOST_DIGITS:
        part = part if (whole := whole_number(part)) is None else whole
    if isinstance(part, int):
        return str(part)
    if not isinstance(part, str):
        raise RejectedRecordError("a key property is neither text nor a whole number")
    if not part.strip():
        raise RejectedRecordError("a key property is empty")
    text = unicodedata.normalize(form, part) if form and _ADDRESS.fullmatch(part) else part
    return "".join(
        chr(byte) if _SAFE.match(bytes([byte])) else f".{byte:02x}"
        for byte in text.encode("utf-8", "surrogatepass")
    )


def fold_email(email: object) -> str | None:
    """Bring an e-mail address to the form in which two of them are compared.

    Args:
        email: Any value of a record.

    Returns:
        Trimmed, case-folded and in the composed Unicode form, or None where there is no address.
    """
    if not isinstance(email, str) or not email.strip():
        return None
    folded = email.strip().casefold()
    return folded if folded.isascii() else _composed(_composed(email.strip()).casefold())


def former_fold(folded_email: str) -> str | None:
    """How version 0.1 folded an address in the decomposed Unicode form; None where that is the same."""
    former = unicodedata.normalize("NFD", folded_email)
    return former if former != folded_email else None


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def email_key(prefix: Sequence[object], folded_email: str) -> str:
    """Key of a person who is known by an e-mail address only.

    Args:
        prefix: What stands before the person's own id in a key: the shop.
        folded_email: As `fold_email` gives it.

    Returns:
        `{shop}:mail:{32 hexadecimal digits}`; no part of the address can be read from it.
    """
    digest = hashlib.sha256(folded_email.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return external_key([*prefix, "mail", digest])


def order_key(prefix: Sequence[object], order: object) -> str:
    """Key of a person of whom nothing is known but one order.

    Args:
        prefix: What stands before the person's own id in a key: the shop.
        order: Id of the order.

    Returns:
        `{shop}:order:{order}`.
    """
    return external_key([*prefix, "order", order])
