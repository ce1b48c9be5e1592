"""No one is mailed because a part of the state folder, or all of it, was lost."""

from datetime import timedelta
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from support.consent_machine import ADDRESSES, KEYS, Machine, World

LEDGER, LOG, KEY = "ledger.sqlite", "consent.jsonl", "tombstones.jsonl"
STEPS = st.one_of(
    st.tuples(st.just("subscribes"), ADDRESSES),
    st.tuples(st.just("leaves"), ADDRESSES),
    st.tuples(st.just("moves"), ADDRESSES, ADDRESSES),
    st.tuples(st.just("has"), KEYS, ADDRESSES),
    st.tuples(st.just("edits"), KEYS, st.sampled_from(["a@example.com", "b@example.com", "c@example.com"])),
    st.tuples(st.just("sets"), KEYS, st.sampled_from(["no", "yes"])),
    st.tuples(st.just("runs"), st.booleans()),
    st.tuples(st.just("loses"), st.sampled_from([(LEDGER,), (LEDGER, LOG), (LEDGER, LOG, KEY)])),
)


class Course(Machine):
    """What happens one after the other, with or without what is lost on the way."""

    def __init__(self, *, is_lossy: bool) -> None:
        super().__init__()
        self.begin(confirmed=False, raises=True)
        self.is_lossy = is_lossy
        self.world.emails |= {"7:1": "a@example.com", "7:2": "b@example.com"}

    def see_raised(self, key: str, address: str, value: str) -> None:
        """The other tests ask that."""

    def subscribes(self, address: str) -> None:
        super().subscribes(address, confirmed=True, late=0)

    def leaves(self, address: str) -> None:
        self.world.subscriptions = {
            number: one for number, one in self.world.subscriptions.items() if one["email"].lower() != address
        }

    def moves(self, address: str, to: str) -> None:
        for one in self.world.subscriptions.values():
            one["email"] = to if one["email"].lower() == address else one["email"]

    def has(self, key: str, address: str) -> None:
        self.world.emails[key] = address

    def edits(self, key: str, address: str) -> None:
        if key in self.world.profiles:
            self.world.profiles[key]["email"] = address

    def sets(self, key: str, value: str) -> None:
        if key in self.world.profiles:
            self.world.profiles[key]["newsletter"] = value

    def runs(self, full: bool) -> None:  # noqa: FBT001 - a step's only word
        """Where it is not full, no customer is sent again."""
        emails = self.world.emails
        self.world.emails = emails if full else {}
        self.run()
        self.world.emails = emails
        self.world.now += timedelta(minutes=30)

    def loses(self, files: tuple[str, ...]) -> None:
        """Copernica is read again."""
        if self.is_lossy:
            self.ledger.close()
            for file in files:
                (self.folder / file).unlink(missing_ok=True)
            self.opened()
            self.reads_all()


def ended(steps: list[tuple[Any, ...]], *, is_lossy: bool) -> World:
    """What it comes to, after a few full runs."""
    course = Course(is_lossy=is_lossy)
    try:
        for step, *words in [*steps, *[("runs", True)] * 4]:
            getattr(course, step)(*words)
        return course.world
    finally:
        course.teardown()


ALL = ("loses", (LEDGER, LOG, KEY))
ON_IT = [("subscribes", "a@example.com"), ("runs", True)]
INCREMENTAL = [("runs", False)] * 3


@settings(max_examples=60, deadline=None)
@given(st.lists(STEPS, min_size=3, max_size=12))
@example([*ON_IT, ("leaves", "a@example.com"), ALL])
@example([*ON_IT, ("leaves", "a@example.com"), ALL, *INCREMENTAL])
@example([*ON_IT, ("moves", "a@example.com", "b@example.com"), ALL])
@example([*ON_IT, ("edits", "7:1", "c@example.com"), ALL, *INCREMENTAL])
@example([*ON_IT, ("loses", (LEDGER,)), ("runs", True), ("edits", "7:1", "c@example.com"), ALL, *INCREMENTAL])
def test_no_one_is_mailed_because_something_was_lost_and_no_one_opted_out_by_it(
    steps: list[tuple[Any, ...]],
) -> None:
    lost, kept = ended(steps, is_lossy=True), ended(steps, is_lossy=False)
    listed = {one["email"].lower() for one in kept.subscriptions.values()}
    is_lowered = any(step[0] == "sets" and step[-1] == "no" for step in steps)
    for key, one in kept.profiles.items():
        value = lost.profiles[key]["newsletter"]
        if value in ("yes", "pending"):
            assert one["newsletter"] in ("yes", "pending") or one["email"] in listed, repr(steps)
        if one["newsletter"] in ("yes", "pending") and not is_lowered:
            assert value != "no", repr(steps)
