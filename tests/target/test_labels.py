"""Names that a Dutch or German marketer expects, and a line of text beside each field."""

import re
from pathlib import Path

import pytest

from support.account import Account
from support.colleague import Colleague
from support.singer import customer
from target_copernica.account.structure import WantedField, wanted_databases
from target_copernica.consent.model import ROLES
from target_copernica.mapping.labels import LANGUAGES, labels
from target_copernica.mapping.load import EXTRAS, PRESETS, mapping_of
from target_copernica.mapping.model import AccountMap
from target_copernica.mapping.names import check_field_name
from target_copernica.selections.load import load_selections
from target_copernica.selections.wanted import field_names, wanted

NAMES = {"database": "SEOshop", "products_database": "SEOshop_products"}
KEPT = {"external_key", "email", "mobile", *ROLES}
"""Fields that have one name in all languages."""


def mapping(language: str, preset: str = "seoshop", own: dict[str, object] | None = None) -> AccountMap:
    found = mapping_of(preset, None, own, NAMES, EXTRAS if preset == "seoshop" else (), language)
    assert found is not None
    return found


def fields(found: AccountMap) -> list[WantedField]:
    databases = (one for _, one in wanted_databases(found))
    return [
        field for one in databases for place in (one.fields, *one.collections.values()) for field in place
    ]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("preset", PRESETS)
def test_each_field_has_a_text_and_a_name_that_copernica_takes(preset: str, language: str) -> None:
    found = fields(mapping(language, preset))
    assert [one.name for one in found if not one.description] == []
    assert all(one.body()["description"] == one.description for one in found)
    for one in found:
        check_field_name(one.name, "labels")
    assert ("firstname" in {one.name for one in found}) is (language == "en")


def test_the_labels_are_those_of_the_presets_fields() -> None:
    keys = {entry.key for stream in mapping("en").streams.values() for entry in stream.fields}
    assert labels().keys() == keys | {"external_key", *ROLES, "shared_email"}
    for key, label in labels().items():
        assert label["about"].keys() == set(LANGUAGES), key
        assert label.get("name", {}).keys() == (set() if key in KEPT else {"nl", "de"}), key


def test_a_name_of_the_users_own_wins_and_stubs_follow() -> None:
    own: dict[str, object] = {"streams": {"customers": {"fields": {"firstname": {"name": "roepnaam"}}}}}
    found = mapping("nl", own=own)
    names = [entry.name for entry in found.streams["customers"].fields]
    assert {"roepnaam", "achternaam"} <= set(names)
    assert {"roepnaam", "achternaam"} <= {entry.name for entry in found.streams["orders"].stub}


@pytest.mark.parametrize("language", LANGUAGES)
def test_selections_follow_the_names(language: str) -> None:
    views = wanted(load_selections("starters"), field_names(mapping(language)), "nl")
    assert [view.name for view in views if view.lacks] == []
    assert views[0].name == "Mag gemaild worden"


def test_another_language_later_is_a_plan_with_a_warning(account: Account, tmp_path: Path) -> None:
    file = tmp_path / "selections.yaml"
    file.write_text("".join(f"{key}: null\n" for key in load_selections("starters") if key != "birthday"))
    selections = str(file)
    account.command("apply", labels="nl", selections=selections)
    colleague = Colleague(account.sandbox, "SEOshop")
    names = {one["name"] for one in colleague.reads_database()["fields"]["data"]}
    assert {"voornaam", "newsletter", "gedeeld_emailadres"} <= names
    (made,) = colleague.asks("database/SEOshop/views")["data"]
    account.send(customer(1), labels="nl")
    since = account.sandbox.last()
    ended = account.send(customer(2), labels="de", check=False)
    assert ended.code == 2
    assert "setting labels: the fields were made with `nl`" in ended.err
    planned = account.command("plan", labels="de", selections=selections).out
    assert re.search(r"SEOshop +vorname +text 100 +missing", planned)
    assert re.search(r"Geburtstag heute +older +made by an earlier definition", planned)
    assert "Setting labels was `nl` and is `de`" in planned
    assert account.command("apply", labels="de", selections=selections, check=False).code == 2  # no answer
    assert not [call for call in account.calls(since) if not call.startswith(("GET", "POST authenticate"))]
    account.command("apply", "--yes", labels="de", selections=selections)
    assert [one["name"] for one in colleague.asks("database/SEOshop/views")["data"]] == [made["name"]]
    colleague.asks(f"view/{made['ID']}", delete=True)
    account.command("apply", "--restore", labels="de", selections=selections)
    assert [one["name"] for one in colleague.asks("database/SEOshop/views")["data"]] == ["Geburtstag heute"]
    account.send(customer(1), labels="de")
    (person,) = account.people().values()
    assert person["vorname"] == person["voornaam"] == "Zoë"


def test_a_state_of_before_was_made_in_english(account: Account) -> None:
    account.send(customer(1))
    ended = account.send(customer(2), labels="nl", check=False)
    assert (ended.code, "made with `en`" in ended.err) == (2, True)
