"""The state that the tap is given: what is one, how deep it lies, and what is refused."""

import json
from typing import Any

import pytest

from tap_seoshop.bookmarks.given import state_of
from tap_seoshop.errors import SettingsError

STATE: dict[str, Any] = {"bookmarks": {"orders": {"read_at": None}}}
NO_STATE = "state file s.json: not a state of this tap (an object with `bookmarks`)"


@pytest.mark.parametrize("text", ["", " \n"])
def test_an_empty_file_is_no_state(text: str) -> None:
    assert state_of(text, "s.json") == {}


@pytest.mark.parametrize(
    ("given", "state"),
    [
        (STATE, STATE),
        ({}, {}),
        ({"bookmarks": {}}, {"bookmarks": {}}),
        ({"type": "STATE", "value": STATE}, STATE),
        ({"type": "STATE", "value": {}}, {}),
        ({"singer_state": STATE}, STATE),
        ({"singer_state": STATE, "completed": {}}, STATE),
    ],
)
def test_a_state_at_any_depth(given: dict[str, Any], state: dict[str, Any]) -> None:
    assert state_of(json.dumps(given), "s.json") == state


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"other": 1}, NO_STATE),
        ({"bookmarks": [1]}, NO_STATE),
        ({"type": "RECORD", "record": {}}, NO_STATE),
        ({"type": "STATE"}, NO_STATE),
        ({"type": "STATE", "value": [1]}, NO_STATE),
        ({"singer_state": None}, NO_STATE),
        ([1], "state file s.json: must hold a JSON object"),
        ({"bookmarks": {"orders": 5}}, "state file s.json: the bookmark of orders is not an object"),
    ],
)
def test_what_is_no_state_is_refused(given: Any, message: str) -> None:
    with pytest.raises(SettingsError) as refused:
        state_of(json.dumps(given), "s.json")
    assert str(refused.value) == message


def test_half_a_state_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"^state file s\.json: not valid JSON"):
        state_of(json.dumps(STATE)[:-3], "s.json")
