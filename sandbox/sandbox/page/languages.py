"""What fields are called in English, where the account has their Dutch or German names.

The page tells records and fields by these names; a field that it does not know keeps its own.
"""

from collections.abc import Mapping
from typing import Final

__all__ = ["NAMES", "by_english_name", "english"]

NAMES: Final[Mapping[str, tuple[str, str]]] = {
    "firstname": ("voornaam", "vorname"),
    "middlename": ("tussenvoegsel", "namenszusatz"),
    "lastname": ("achternaam", "nachname"),
    "gender": ("geslacht", "geschlecht"),
    "phone": ("telefoon", "telefon"),
    "company": ("bedrijf", "firma"),
    "vat_number": ("btw_nummer", "ust_id"),
    "birthdate": ("geboortedatum", "geburtsdatum"),
    "language": ("taal", "sprache"),
    "number": ("bestelnummer", "bestellnummer"),
    "title": ("titel", "titel"),
    "variant": ("variant", "variante"),
    "ordered_at": ("besteld_op", "bestellt_am"),
    "payment_status": ("betaalstatus", "zahlungsstatus"),
    "shipment_status": ("verzendstatus", "versandstatus"),
    "article_code": ("artikelcode", "artikelnummer"),
    "brand": ("merk", "marke"),
    "quantity": ("aantal", "menge"),
    "price": ("prijs", "preis"),
    "row_total": ("regeltotaal", "zeilensumme"),
    "total": ("totaal", "summe"),
    "stock": ("voorraad", "bestand"),
    "order_count": ("aantal_bestellingen", "anzahl_bestellungen"),
    "orders_365": ("bestellingen_365", "bestellungen_365"),
    "net_365": ("netto_365", "netto_365"),
    "days_between": ("dagen_ertussen", "tage_dazwischen"),
    "next_order_at": ("volgende_bestelling_op", "naechste_bestellung_am"),
    "lateness": ("punctualiteit", "puenktlichkeit"),
    "rfm": ("rfm", "rfm"),
    "segment": ("segment", "segment"),
    "favourite_brand": ("favoriet_merk", "lieblingsmarke"),
    "favourite_category": ("favoriete_categorie", "lieblingskategorie"),
    "reorder_at": ("nabestellen_op", "nachbestellen_am"),
    "return_rate": ("retouraandeel", "retourenquote"),
    "discount_share": ("kortingsaandeel", "rabattanteil"),
    "holdout": ("controlegroep", "kontrollgruppe"),
}
"""Dutch and German names of fields by their English ones."""

_ENGLISH: Final = {name: key for key, names in NAMES.items() for name in (key, *names)}


def english(name: str) -> str:
    """A field's English name; its own where that is not known."""
    return _ENGLISH.get(name.lower(), name)


def by_english_name(fields: Mapping[str, str]) -> dict[str, str]:
    """The account's names of fields by the English ones in small letters.

    Where both are there, it is the one that holds something.

    Args:
        fields: Values by the account's names.
    """
    found: dict[str, str] = {}
    for name, value in fields.items():
        key = english(name).lower()
        if key not in found or (value and not fields[found[key]]):
            found[key] = name
    return found
