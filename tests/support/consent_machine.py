"""A shop and a Copernica of a few dictionaries; what decides and remembers about consent is real."""

import itertools
import shutil
import tempfile
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from target_copernica.account.recall import Recall
from target_copernica.account.structure import ActualField, Place
from target_copernica.consent.model import CHOICES, ROLES, Event, rank
from target_copernica.consent.rules import DOUBT, ConsentChoices
from target_copernica.mapping.model import ActMap, Fragment, PlaceMap, StreamMap
from target_copernica.mapping.values import Column
from target_copernica.memory.consent_log import ConsentLog
from target_copernica.memory.ledger import Ledger
from target_copernica.memory.tombstones import Tombstones
from target_copernica.run.acts import Acts
from target_copernica.writing.consenting import Consenting, Known
from target_copernica.writing.pending import PendingWrite

ZONE = ZoneInfo("Europe/Amsterdam")
PLACE = Place(1, None, "Shop", None, {
    "email": ActualField(1, "email", Column("email")),
    **{role: ActualField(2 + n, role, Column("text")) for n, role in enumerate(ROLES)},
})  # fmt: skip
ACT = ActMap("subscription", ("email",), ("id",), ("createdAt",), ("isConfirmed",), ("updatedAt",))
TICK = ActMap("order", ("email",), ("id",), ("createdAt",), ticked=("news",))
ORDERS = StreamMap("orders", PlaceMap("people", "Orders"), (("id",),), (), act=TICK)
LIST = StreamMap("subscriptions", PlaceMap("people"), (("shopId",), ("id",)), (), act=ACT)
ADDRESSES = st.sampled_from(["a@example.com", "b@example.com"])
KEYS = st.sampled_from(["7:1", "7:2", "7:3"])


@dataclass
class World:
    """The shop, Copernica, and what really happened to each address."""

    now: datetime = datetime(2026, 11, 2, 9, tzinfo=UTC)
    emails: dict[str, str] = field(default_factory=dict)
    subscriptions: dict[int, dict[str, Any]] = field(default_factory=dict)
    profiles: dict[str, dict[str, str]] = field(default_factory=dict)
    told: list[tuple[str, Event]] = field(default_factory=list)
    optouts: dict[str, datetime] = field(default_factory=dict)
    acts: dict[str, datetime] = field(default_factory=dict)
    complaints: set[str] = field(default_factory=set)
    ticks: dict[str, datetime] = field(default_factory=dict)
    orders: list[dict[str, Any]] = field(default_factory=list)
    confirmed: set[str] = field(default_factory=set)
    lowered: dict[str, tuple[datetime, str]] = field(default_factory=dict)
    ids: Any = field(default_factory=lambda: itertools.count(1))

    def heard_of(self, address: str, at: datetime) -> None:
        """A box was ticked, and counts while the settings say so."""
        self.ticks[address] = max(at, self.ticks.get(address, at))


class Looks:
    """Tells who opted out in Copernica."""

    def __init__(self, world: World, ledger: Ledger) -> None:
        self.world, self.ledger, self.answers = world, ledger, True

    def look(self, *, only_if_due: bool = False) -> bool:
        del only_if_due
        if self.answers:
            consents = self.ledger.consents
            said = [(consents.who(address), event) for address, event in self.world.told]
            consents.hear(said, self.world.now.isoformat())
        return self.answers


class Machine(RuleBasedStateMachine):
    """Both sides act at random; a run comes when it comes."""

    @initialize(confirmed=st.booleans(), raises=st.sampled_from([True, True, True, False]))
    def begin(self, *, confirmed: bool, raises: bool) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="consent-"))
        self.world = World()
        self.choices = ConsentChoices(raises, require_confirmed=confirmed)
        self.opened()

    def opened(self) -> None:
        self.ledger = Ledger(
            self.folder / "ledger.sqlite", Tombstones(self.folder / "tombstones.jsonl"), durable=False
        )
        consents = self.ledger.consents
        consents.use(ConsentLog(self.folder / "consent.jsonl", consents.check))
        self.ledger.know_place(PLACE.code, PLACE.name)
        self.looks = Looks(self.world, self.ledger)
        self.recall = Recall(self.ledger)
        self.recall.declare(PLACE, {role: role for role in ROLES})
        self.decided_by(self.choices)

    def decided_by(self, choices: ConsentChoices) -> None:
        self.choices = choices
        known = Known(
            {role: role for role in ROLES}, {"": "", **{c: c for c in CHOICES["newsletter"]}}, choices
        )
        places = {PLACE.code: known}
        self.parts = Consenting(
            self.ledger, self.read, self.looks, places, ZONE, lambda: self.world.now  # type: ignore[arg-type]
        )  # fmt: skip

    def teardown(self) -> None:
        if hasattr(self, "ledger"):
            self.ledger.close()
            shutil.rmtree(self.folder)

    def read(self, _place: Place, wanted: Any) -> dict[str, dict[str, str]]:
        return {key: dict(self.world.profiles[key]) for key in wanted.values()}

    # What people do -----------------------------------------------------------------------------

    @rule(minutes=st.sampled_from([1, 5, 20, 600]))
    def time_goes_by(self, minutes: int) -> None:
        self.world.now += timedelta(minutes=minutes)

    @rule(address=ADDRESSES, confirmed=st.booleans(), late=st.sampled_from([0, 0, 3, 2000]))
    def subscribes(self, address: str, *, confirmed: bool, late: int) -> None:
        """Now, or (a backfill, a shop whose clock is slow) with an older time."""
        at = self.world.now - timedelta(minutes=late)
        number = next(self.world.ids)
        self.world.subscriptions[number] = {
            "shopId": 7, "id": number, "email": address.upper(), "isConfirmed": confirmed,
            "createdAt": at.isoformat(), "updatedAt": at.isoformat(),
        }  # fmt: skip
        self.world.acts[address] = max(at, self.world.acts.get(address, at))
        if confirmed:
            self.world.confirmed.add(address)

    @rule(address=ADDRESSES)
    def confirms(self, address: str) -> None:
        for one in self.world.subscriptions.values():
            if one["email"].lower() == address and not one["isConfirmed"]:
                one |= {"isConfirmed": True, "updatedAt": self.world.now.isoformat()}
                self.world.acts[address] = self.world.now
                self.world.confirmed.add(address)

    @rule(address=ADDRESSES)
    def ticks_the_box_at_the_checkout(self, address: str) -> None:
        at = self.world.now.isoformat()
        self.world.orders.append(
            {"id": next(self.world.ids), "email": address, "createdAt": at, "news": True}
        )

    @rule()
    def a_colleague_edits_subscriptions(self) -> None:
        """Which is no act of the subscriber."""
        for one in self.world.subscriptions.values():
            one["updatedAt"] = self.world.now.isoformat()

    @rule(address=ADDRESSES)
    def unsubscribes_in_the_shop(self, address: str) -> None:
        self.run()
        gone = [n for n, one in self.world.subscriptions.items() if one["email"].lower() == address]
        for number in gone:
            del self.world.subscriptions[number]
        if gone:
            self.run()
            self.world.now += timedelta(minutes=60)
            self.world.optouts[address] = self.world.now
            self.run()  # the second complete list without them: known from here on

    @rule(address=ADDRESSES, complains=st.sampled_from([False, False, True]), behavior=st.booleans())
    def opts_out_in_copernica(self, address: str, *, complains: bool, behavior: bool) -> None:
        what = "complaint" if complains else "optout"
        self.world.told.append((address, Event(what, self.world.now, "copernica:unsubscribe")))
        self.world.optouts[address] = self.world.now
        if complains:
            self.world.complaints.add(address)
        if behavior:
            for key, email in self.world.emails.items():
                if email == address and key in self.world.profiles:
                    self.world.profiles[key]["newsletter"] = "no"
        self.run()

    @rule(key=KEYS)
    def a_colleague_lowers(self, key: str) -> None:
        one = self.world.profiles.get(key)
        if one is not None and one["newsletter"] != "no":
            one["newsletter"] = "no"
            self.world.lowered[key] = (self.world.now, one["email"])

    # What programs do ---------------------------------------------------------------------------

    @rule(key=KEYS, address=ADDRESSES)
    def has_the_address(self, key: str, address: str) -> None:
        self.world.emails[key] = address

    @rule()
    def the_setting_for_boxes_is_changed(self) -> None:
        """Boxes that were heard of while it was on count no more when it is off."""
        counts = not self.choices.checkout_counts
        self.decided_by(replace(self.choices, checkout_counts=counts))

    @rule()
    def loses_the_ledger(self) -> None:
        self.ledger.close()
        (self.folder / "ledger.sqlite").unlink()
        self.opened()
        self.reads_all()

    def reads_all(self) -> None:
        for number, (key, profile) in enumerate(sorted(self.world.profiles.items()), start=1):
            self.ledger.know_entry(PLACE.code, key, number)
            self.ledger.addresses.note(PLACE.code, key, profile["email"])
            self.recall.note(PLACE, key, profile)

    @rule()
    def run(self) -> None:
        before = {key: one["newsletter"] for key, one in self.world.profiles.items()}
        emails = {key: one["email"] for key, one in self.world.profiles.items()}
        self.parts.begin()
        self.settle()
        for key, address in self.world.emails.items():
            write = PendingWrite(PLACE, key, 0.0)
            write.add(Fragment("customers", key, {"email": address}, creates=True))
            self.parts.join(PLACE, [write])
            self.write(key, write.fields())
        acts = Acts(self.ledger, self.choices.checkout_counts, 50, lambda: self.world.now, _settled)
        for one in self.world.orders:
            acts.take(ORDERS, one, 1)
            if self.choices.checkout_counts:
                self.world.heard_of(one["email"], datetime.fromisoformat(one["createdAt"]))
        self.ledger._db.execute("DELETE FROM seen")  # noqa: SLF001 - each run has one of its own
        for one in self.world.subscriptions.values():
            acts.take(LIST, one, 1)
        acts.flush()
        acts.end_of_list(LIST.stream)
        self.settle()
        for key, one in self.world.profiles.items():
            if key in before and rank(one["newsletter"]) > rank(before[key]) and one["email"] == emails[key]:
                self.see_raised(key, one["email"], one["newsletter"])
        self.world.now += timedelta(seconds=1)

    def see_raised(self, key: str, address: str, value: str) -> None:
        """Fail unless it may be so: by an act after every opt-out, of the one profile that acted."""
        world = self.world
        assert self.choices.raises, "raised by a mirror"
        optout, acts = world.optouts.get(address), [world.acts.get(address)]
        acts += [world.ticks.get(address)] if self.choices.checkout_counts else []
        last = max((at for at in acts if at is not None), default=None)
        assert last is not None, "raised without an act"
        assert address not in world.complaints, "raised after a complaint"
        assert optout is None or last > optout, "raised before an opt-out"
        by_hand, of = world.lowered.get(key, (last, address))
        assert of != address or last >= by_hand, "raised over a colleague's word"
        if value == "yes" and self.choices.require_confirmed:
            assert address in world.confirmed, "raised without a confirmed address"
        others = [number for number in sorted(world.profiles) if world.profiles[number]["email"] == address]
        assert key == others[0], "raised beside the one that acted"

    def settle(self) -> None:
        for fragment, _ in self.parts.due(PLACE):
            self.write(fragment.key, fragment.fields)

    def write(self, key: str, fields: dict[str, str]) -> None:
        if key not in self.world.profiles:
            self.world.profiles[key] = dict.fromkeys(("email", *ROLES), "")
            self.ledger.know_entry(PLACE.code, key, int(key[2:]))
        self.world.profiles[key].update(fields)
        if "email" in fields:
            self.ledger.addresses.note(PLACE.code, key, fields["email"])
        if consent := {name: value for name, value in fields.items() if name != "email"}:
            self.parts.note(PLACE.code, key, consent)

    # What must hold -----------------------------------------------------------------------------

    @invariant()
    def nobody_is_mailed_without_an_act(self) -> None:
        if not hasattr(self, "world"):
            return
        for one in self.world.profiles.values():
            acted = one["email"] in self.world.acts or one["email"] in self.world.ticks
            assert one["newsletter"] != "yes" or acted

    @rule()
    def after_a_run_an_opt_out_is_everywhere(self) -> None:
        self.run()
        for one in self.world.profiles.values():
            address = one["email"]
            optout, act = self.world.optouts.get(address), self.world.acts.get(address)
            if address in self.world.complaints or (optout is not None and (act is None or act <= optout)):
                assert one["newsletter"] == "no"
            if one["newsletter"] == "yes":
                assert optout is None or (act is not None and act - optout >= DOUBT)


def _settled(_number: int) -> None: ...
