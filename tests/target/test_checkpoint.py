"""The state checkpoint: a released STATE never precedes a record that has no place yet."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_copernica.checkpoint import StateCheckpoint


def test_a_state_leaves_when_all_records_before_it_are_settled() -> None:
    checkpoint = StateCheckpoint()
    first, second = checkpoint.admit(), checkpoint.admit()
    checkpoint.hold({"n": 2})
    checkpoint.settle(second)
    assert checkpoint.release() is None
    checkpoint.settle(first)
    assert checkpoint.release() == {"n": 2}
    assert checkpoint.release() is None


def test_a_state_without_records_before_it_leaves_at_once() -> None:
    checkpoint = StateCheckpoint()
    checkpoint.hold({"n": 0})
    assert checkpoint.release() == {"n": 0}


def test_states_between_which_nothing_is_open_are_one() -> None:
    checkpoint = StateCheckpoint()
    first = checkpoint.admit()
    for number in range(1000):
        checkpoint.settle(checkpoint.admit())
        checkpoint.hold({"n": number})
    assert len(checkpoint._waiting) == 1  # noqa: SLF001 # memory is what this is about
    assert checkpoint.release() is None
    checkpoint.settle(first)
    assert checkpoint.release() == {"n": 999}


@pytest.mark.parametrize("records", [0, 1])
def test_states_that_follow_each_other_are_one(records: int) -> None:
    checkpoint = StateCheckpoint()
    for _ in range(records):
        checkpoint.admit()
    for number in range(3):
        checkpoint.hold({"n": number})
    assert len(checkpoint._waiting) == 1  # noqa: SLF001 # memory is what this is about


def test_settled_records_leave_no_trace_behind_an_open_one() -> None:
    checkpoint = StateCheckpoint()
    checkpoint.admit()
    for _ in range(1000):
        checkpoint.settle(checkpoint.admit())
    checkpoint.hold({"n": 1})
    assert checkpoint.release() is None
    assert len(checkpoint._order) == 1  # noqa: SLF001 # memory is what this is about


def test_settling_twice_is_an_error() -> None:
    checkpoint = StateCheckpoint()
    number = checkpoint.admit()
    checkpoint.settle(number)
    with pytest.raises(KeyError):
        checkpoint.settle(number)


@given(st.data())
def test_any_interleaving(data: st.DataObject) -> None:
    """Records, states, settlements and releases in any order, against a plain model."""
    checkpoint = StateCheckpoint()
    open_numbers: list[int] = []
    held: list[tuple[int, list[int]]] = []  # state number, records that it needs
    released: list[int] = []
    for step in range(data.draw(st.integers(0, 40))):
        action = data.draw(st.sampled_from(["admit", "settle", "hold", "release"]))
        if action == "admit":
            open_numbers.append(checkpoint.admit())
        elif action == "settle" and open_numbers:
            number = data.draw(st.sampled_from(open_numbers))
            open_numbers.remove(number)
            checkpoint.settle(number)
        elif action == "hold":
            held.append((step, list(open_numbers)))
            checkpoint.hold({"n": step})
        elif action == "release":
            state = checkpoint.release()
            free = [number for number, needs in held if not set(needs) & set(open_numbers)]
            newest = max(free, default=-1)
            expected = newest if newest > max(released, default=-1) else None
            assert (state["n"] if state else None) == expected
            if state:
                released.append(state["n"])
    for number in open_numbers:
        checkpoint.settle(number)
    last = checkpoint.release()
    if held and held[-1][0] > max(released, default=-1):
        assert last == {"n": held[-1][0]}
    assert checkpoint.unsettled == 0
