"""The processing register: each field about people, where it comes from, what for and how long."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from target_copernica.mapping.keys import KEY_FIELD
from target_copernica.mapping.layers import read_yaml
from target_copernica.mapping.load import EXTRAS, load_mapping, preset_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_copernica.mapping.model import AccountMap, DatabaseMap, FieldMap, StreamMap

__all__ = ["LANGUAGES", "WORDS", "Row", "origins", "register", "without_people"]

LANGUAGES: Final = ("en", "nl", "de")

WORDS: Final[dict[str, dict[str, str]]] = {
    "en": {
        "columns": "Field|Source|Purpose|Legal basis|Kept|Recipient",
        "recipient": "Copernica (processor)",
        "key": "key of the record",
        "target": "worked out on the way",
        "opt-outs": "the shop's subscriptions; Copernica's unsubscribes and complaints",
        "interest": "legitimate interest (GDPR art. 6.1f)",
        "duty": "legal obligation (GDPR art. 6.1c, 7.1)",
        "consent": "consent (GDPR art. 6.1a)",
        "profile": "as long as the profile",
        "proof": "as long as the profile; the log of consent as long as a claim may be made",
        "unknown": "to be filled in",
    },
    "nl": {
        "columns": "Veld|Bron|Doel|Grondslag|Bewaartermijn|Ontvanger",
        "recipient": "Copernica (verwerker)",
        "key": "sleutel van het record",
        "target": "onderweg berekend",
        "opt-outs": "de inschrijvingen van de winkel; de uitschrijvingen en klachten van Copernica",
        "interest": "gerechtvaardigd belang (AVG art. 6.1f)",
        "duty": "wettelijke verplichting (AVG art. 6.1c, 7.1)",
        "consent": "toestemming (AVG art. 6.1a)",
        "profile": "zolang het profiel bestaat",
        "proof": "zolang het profiel bestaat; het toestemmingslogboek zolang een claim mogelijk is",
        "unknown": "nog in te vullen",
    },
    "de": {
        "columns": "Feld|Quelle|Zweck|Rechtsgrundlage|Speicherdauer|Empfänger",
        "recipient": "Copernica (Auftragsverarbeiter)",
        "key": "Schlüssel des Datensatzes",
        "target": "unterwegs berechnet",
        "opt-outs": "die Abonnements des Shops; die Abmeldungen und Beschwerden bei Copernica",
        "interest": "berechtigtes Interesse (DSGVO Art. 6.1f)",
        "duty": "rechtliche Verpflichtung (DSGVO Art. 6.1c, 7.1)",
        "consent": "Einwilligung (DSGVO Art. 6.1a)",
        "profile": "solange das Profil besteht",
        "proof": "solange das Profil besteht; das Einwilligungsprotokoll, solange Ansprüche möglich sind",
        "unknown": "noch einzutragen",
    },
}
"""What the register says, by language."""

_KEY, _TARGET, _OPTOUTS = "key", "target", "opt-outs"


@dataclass(frozen=True, slots=True)
class Row:
    """One field about people.

    Attributes:
        place: Database, or `database.collection`.
        field: Its name in Copernica.
        source: Stream and path (`customers.firstname`), or a word of `WORDS`.
        purpose: Name of its purpose in `purposes.yaml`; None where none is declared.
    """

    place: str
    field: str
    source: str
    purpose: str | None

    def cells(self, language: str) -> tuple[str, ...]:
        """The row in one of `LANGUAGES`."""
        words = WORDS[language]
        why = [words["unknown"]] * 3
        if self.purpose is not None:
            declared = _purposes()[self.purpose]
            why = [declared["purpose"][language], words[declared["basis"]], words[declared["retention"]]]
        source = words.get(self.source, self.source)
        return (f"{self.place}.{self.field}", source, *why, words["recipient"])


def register(mapping: AccountMap) -> list[Row]:
    """All fields about people: those of databases with a field of type email, and of their collections.

    Args:
        mapping: What is copied.
    """
    found: dict[tuple[str, str], Row] = {}
    for alias, database in mapping.databases.items():
        if alias not in without_people(mapping):
            for row in _rows(mapping, database):
                found.setdefault((row.place, row.field), row)
    return sorted(found.values(), key=lambda row: row.place)


def without_people(mapping: AccountMap) -> dict[str, str]:
    """Names of the databases without a field of type email, by alias: nothing in them is about a person.

    Args:
        mapping: What is copied.
    """
    people = {
        stream.place.database
        for stream in mapping.streams.values()
        for entry in (*stream.fields, *stream.stub)
        if entry.column.type == "email"
    }
    return {alias: one.name for alias, one in mapping.databases.items() if alias not in people}


def origins(mapping: AccountMap, alias: str, collection: str | None) -> dict[str, list[str]]:
    """Streams and paths that fill the fields of a place, by lower-case name.

    Args:
        mapping: What is copied.
        alias: Of the database.
        collection: Name of one of its collections; None for its profiles.
    """
    database = mapping.databases[alias]
    place = f"{database.name}.{collection}" if collection else database.name
    found: dict[str, list[str]] = {}
    for row in _rows(mapping, database):
        if row.place == place:
            source = WORDS["en"].get(row.source, row.source)
            found.setdefault(row.field.lower(), []).append(source)
    return found


def _rows(mapping: AccountMap, database: DatabaseMap) -> Iterator[Row]:
    """A row for each source of each field; those of stubs last."""
    streams = [one for one in mapping.streams.values() if one.place.database == database.alias]
    for place in sorted({_place(database, one) for one in streams} | {database.name}):
        yield Row(place, KEY_FIELD, _KEY, _purpose_of(KEY_FIELD))
    for stream in streams:
        for entry in stream.fields:
            yield _row(_place(database, stream), stream, entry)
    if database.shared_email is not None:
        yield Row(database.name, database.shared_email, _TARGET, _purpose_of("shared_email"))
    for role, name in database.consent.items():
        yield Row(database.name, name, _OPTOUTS, _purpose_of(role))
    for stream in streams:
        for entry in stream.stub:
            yield _row(database.name, stream, entry)


def _row(place: str, stream: StreamMap, entry: FieldMap) -> Row:
    source = f"{stream.stream}.{_path(entry)}"
    return Row(place, entry.name, source, _purpose_of(entry.name) or _of_presets().get(source))


def _place(database: DatabaseMap, stream: StreamMap) -> str:
    collection = stream.place.collection
    return f"{database.name}.{collection}" if collection else database.name


def _path(entry: FieldMap) -> str:
    return " / ".join(".".join(source) for source in entry.sources) or "-"


def _purpose_of(name: str) -> str | None:
    """The purpose that is declared for a field of that name."""
    for purpose, declared in _purposes().items():
        if any(fnmatchcase(name.lower(), pattern) for pattern in declared["fields"]):
            return purpose
    return None


@cache
def _purposes() -> dict[str, Any]:
    text = (resources.files("target_copernica.mapping") / "purposes.yaml").read_text("utf-8")
    return read_yaml(text, "purposes.yaml")


@cache
def _of_presets() -> dict[str, str]:
    """Purposes by source: a mapping may give a preset's field another name."""
    found: dict[str, str] = {}
    names = {"database": "people", "products_database": "products"}
    extras = [read_yaml(preset_text(extra), f"extra {extra}") for extra in EXTRAS]
    mapping = load_mapping("seoshop", extras, names)
    for stream in mapping.streams.values() if mapping is not None else ():
        for entry in stream.fields:
            if (purpose := _purpose_of(entry.name)) is not None:
                found[f"{stream.stream}.{_path(entry)}"] = purpose
    return found
