"""Bookmarks: in Meltano's place and form, replaced at once, merged as Meltano does it."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from meltano.core.state_store.base import MeltanoState
from meltano.core.state_store.filesystem import LocalFilesystemStateStoreManager

from seoshop_copernica.bookmarks import keep, merged, owe, remembered
from seoshop_copernica.errors import TroubleError
from seoshop_copernica.places import Places

KEYS = st.sampled_from("abc")
LEAVES = st.none() | st.integers(0, 3) | st.lists(st.integers(0, 2), max_size=2)
OBJECTS = st.dictionaries(KEYS, LEAVES, max_size=3)


@given(st.dictionaries(KEYS, OBJECTS, max_size=3), st.dictionaries(KEYS, OBJECTS, max_size=3))
def test_states_are_merged_as_meltano_merges_them(below: dict[str, Any], above: dict[str, Any]) -> None:
    meltano = MeltanoState("x", copy.deepcopy(above), copy.deepcopy(below))
    assert merged(below, above) == json.loads(meltano.json_merged())


def test_orders_whose_rows_are_to_be_read_again_stand_where_the_tap_looks_for_them() -> None:
    state: dict[str, Any] = {"bookmarks": {"order_products": {"pending": [[9, 1], [5, 0]]}}}
    assert owe(state, [7, 9])
    assert state["bookmarks"]["order_products"]["pending"] == [[9, 1], [7, 0], [5, 0]]
    assert not owe({"bookmarks": {}}, [7])


def test_meltano_finds_what_a_tick_keeps_and_a_tick_what_meltano_keeps(tmp_path: Path) -> None:
    places = Places(tmp_path, "alpha")
    file, state_id = places.state("prod"), places.state_id("prod")
    assert remembered(file) is None
    keep(file, {"bookmarks": {"orders": {"seen": []}}})
    backend = LocalFilesystemStateStoreManager(uri=f"file://{places.bookmarks}", lock_timeout_seconds=10)
    found = backend.get(state_id)
    assert found is not None
    assert json.loads(found.json_merged()) == {"singer_state": {"bookmarks": {"orders": {"seen": []}}}}
    assert list(backend.get_state_ids()) == [state_id]
    backend.update(MeltanoState(state_id, {"singer_state": {"bookmarks": {"customers": 1}}}, {}))
    assert remembered(file) == {"bookmarks": {"orders": {"seen": []}, "customers": 1}}
    keep(file, {"bookmarks": {}})
    assert remembered(file) == {"bookmarks": {}}


def test_a_file_is_replaced_whole_and_for_its_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "bookmarks" / "a" / "state.json"
    keep(file, {"bookmarks": {"old": 1}})
    before = file.open()
    keep(file, {"bookmarks": {"new": 2}})
    with before:
        assert json.load(before)["completed"]["singer_state"] == {"bookmarks": {"old": 1}}
    assert file.stat().st_mode & 0o777 == 0o600
    assert [found.name for found in file.parent.iterdir()] == ["state.json"]


@pytest.mark.parametrize("content", ["", "[]", "{", '{"completed": 5}'])
def test_a_file_of_another_kind_is_reported_and_left_alone(tmp_path: Path, content: str) -> None:
    file = tmp_path / "state.json"
    file.write_text(content)
    with pytest.raises(TroubleError, match=r"state\.json: not the bookmarks"):
        remembered(file)
    assert file.read_text() == content
