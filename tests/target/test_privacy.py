"""The processing register: it is made of the mapping, and no field about people goes without a purpose."""

from pathlib import Path
from typing import Any

import pytest

from support.programs import BIN, run, written
from target_copernica.mapping.layers import read_yaml
from target_copernica.mapping.load import EXTRAS, PRESETS, load_mapping, preset_text
from target_copernica.mapping.register import LANGUAGES, WORDS, Row, register, without_people

NAMES = {"database": "SEOshop", "products_database": "SEOshop_products"}


def rows(preset: str = "seoshop", *own: dict[str, Any]) -> list[Row]:
    mapping = load_mapping(preset, list(own), NAMES)
    assert mapping is not None
    return register(mapping)


def row(field: str, *own: dict[str, Any]) -> Row:
    return next(one for one in rows("seoshop", *own) if f"{one.place}.{one.field}" == field)


@pytest.mark.parametrize("preset", PRESETS)
def test_each_field_about_people_has_a_purpose(preset: str) -> None:
    """Those of the extras too."""
    extras = [read_yaml(preset_text(extra), extra) for extra in EXTRAS if preset == "seoshop"]
    listed = rows(preset, *extras)
    missing = [f"{one.place}.{one.field} (from {one.source})" for one in listed if one.purpose is None]
    assert not missing, (
        f"say what these fields are for: add each name below `fields` of the purpose that fits in "
        f"target_copernica/mapping/purposes.yaml, or add a purpose there: {', '.join(missing)}"
    )


def test_a_field_that_is_declared_nowhere_is_found() -> None:
    own = {"streams": {"customers": {"fields": {"shoe_size": {"from": "memo"}}}}}
    assert row("SEOshop.shoe_size", own).purpose is None
    assert row("SEOshop.shoe_size", own).cells("nl")[2:5] == ("nog in te vullen",) * 3


def test_a_renamed_field_keeps_its_purpose() -> None:
    own = {"streams": {"customers": {"fields": {"firstname": {"name": "voornaam"}}}}}
    assert row("SEOshop.voornaam", own).purpose == "contact"


def test_each_row_says_all_of_it_in_each_language() -> None:
    said = {language: row("SEOshop.Orders.billing_zipcode").cells(language)[1:] for language in LANGUAGES}
    assert said["de"] == (
        "orders.addressBillingZipcode",
        "Nach Region auswählen; die Adresse einer Bestellung in einer Nachricht dazu zeigen",
        "berechtigtes Interesse (DSGVO Art. 6.1f)",
        "solange das Profil besteht",
        "Copernica (Auftragsverarbeiter)",
    )
    assert len(set(said.values())) == len(LANGUAGES)
    for language in LANGUAGES:
        assert all(cell for one in rows() for cell in one.cells(language))
        assert WORDS[language].keys() == WORDS["en"].keys()


def test_products_are_not_about_people() -> None:
    mapping = load_mapping("seoshop", [], NAMES)
    assert mapping is not None
    assert without_people(mapping) == {"products": "SEOshop_products"}
    assert {one.place for one in rows()} >= {"SEOshop", "SEOshop.Orders", "SEOshop.OrderItems"}
    assert not [one for one in rows() if one.place.startswith("SEOshop_products")]


def test_the_command_writes_a_table_and_asks_nothing_of_copernica(tmp_path: Path) -> None:
    config = {"api_token": "none", "preset": "seoshop", "state_dir": str(tmp_path / "state")}
    own = {"streams": {"customers": {"fields": {"shoe_size": {"from": "memo"}}}}}
    file = written(tmp_path / "target.json", {**config, "mapping": own})
    ended = run(BIN / "target-copernica", "--config", file, "privacy", "register", "--language", "nl")
    assert ended.code == 0, ended.err
    table = [line.strip("| ").split(" | ") for line in ended.out.splitlines()]
    assert table[0] == ["Veld", "Bron", "Doel", "Grondslag", "Bewaartermijn", "Ontvanger"]
    assert {len(line) for line in table} == {6}
    assert len(table) == len(rows("seoshop", own)) + 2
    assert "1 fields of your own mapping have no purpose: fill it in: shoe_size" in ended.err
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize("preset", PRESETS)
def test_one_line_leaves_consent_out(preset: str) -> None:
    own = {"databases": {"people": {"consent": None}}}
    assert [one for one in rows(preset) if one.purpose == "consent"]
    assert not [one for one in rows(preset, own) if one.purpose == "consent"]
