"""`doctor --record` sees the sandbox's switches as they are, and sets a sandbox by what it saw."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from sandbox.copernica.switches import SWITCHES as COPERNICA
from sandbox.seoshop.switches import SWITCHES as SEOSHOP
from seoshop_copernica.doctor.record import observe, report, save
from seoshop_copernica.errors import TroubleError
from support.programs import BIN, pipe, run
from support.sandbox import SECRETS, Sandbox, running_sandbox

pytestmark = pytest.mark.slow

CHOICES = {switch.name: switch.choices for switch in (*SEOSHOP, *COPERNICA)}
TOLD = (
    *("filter_zone", "filter_bound", "unproven_filters", "unknown_filter", "list_order", "limit_above_250"),
    *("page_zero", "deep_pages", "nested_pages", "list_embeds", "single_event_key", "time_body", "day_ends"),
    *("lacking_permission", "forbidden_body", "since_id_order"),
)
TOLD_OF_COPERNICA = (
    *("token_refused", "unknown_condition", "rows_above_1000", "profile_subprofiles_fields"),
    "database_head",
)
SWITCHES = [f"seoshop.{name}" for name in TOLD] + [f"copernica.{name}" for name in TOLD_OF_COPERNICA]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A shop with more than a hundred orders beside a Copernica with people in it."""
    folder = tmp_path_factory.mktemp("filled")
    with running_sandbox(customers=10, orders=120, order_rows=300, per_second=1000) as sandbox:
        config = sandbox.target_config(folder / "state")
        done = pipe(folder, sandbox.tap_config(requests_per_second=900), config)
        assert (done.tap.code, done.target.code) == (0, 0), done.tap.log + done.target.log
        yield sandbox


def seen(sandbox: Sandbox, folder: Path, switches: Mapping[str, str]) -> dict[str, str]:
    """What is seen under these switches; all others stand at their defaults."""
    sandbox.settings(switches={name: choices[0] for name, choices in CHOICES.items()} | dict(switches))
    return observe(sandbox.environment(folder), pause=0).switches


def alternatives() -> list[dict[str, str]]:
    """Each other choice of each switch alone, and all of them together."""
    alone = [{name: choice} for name in SWITCHES for choice in CHOICES[name][1:]]
    # A key without a right sees no more of what it may not read.
    together = {name: CHOICES[name][-1] for name in SWITCHES if name != "seoshop.lacking_permission"}
    of_403 = {"seoshop.lacking_permission": "customers", "seoshop.forbidden_body": "message"}
    return [{}, *alone, together, of_403]


def hidden_by(switches: Mapping[str, str]) -> set[str]:
    """What cannot be told under these switches."""
    hidden = set()
    lacking = switches.get("seoshop.lacking_permission", "none")
    if lacking == "none":
        hidden |= {"seoshop.forbidden_body"}
    if switches.get("seoshop.unknown_filter") == "refused":  # then it is refused, and no count tells more
        hidden |= {"seoshop.unproven_filters"}
    if lacking == "products":
        hidden |= {"seoshop.page_zero", "seoshop.unknown_filter", "seoshop.limit_above_250"}
    if lacking == "customers" or switches.get("seoshop.list_order") == "oldest_first":
        hidden |= {"seoshop.since_id_order"}
    if lacking == "customers":
        hidden |= {"seoshop.list_order"}
    if lacking == "orders":
        told = {
            "lacking_permission",
            "forbidden_body",
            "time_body",
            "day_ends",
            "list_order",
            "since_id_order",
        }
        hidden |= {f"seoshop.{name}" for name in set(TOLD) - told}
    return hidden


def test_every_switch_is_seen_as_it_is_set_alone_and_all_together(filled: Sandbox, tmp_path: Path) -> None:
    for switches in alternatives():
        found = seen(filled, tmp_path, switches)
        for name in set(SWITCHES) - hidden_by(switches):
            wanted = switches.get(name, CHOICES[name][0])
            assert found.get(name) == wanted, (switches, name, found)
        # What cannot be told is left open, and never told wrong.
        for name, choice in found.items():
            assert choice == switches.get(name, CHOICES[name][0]), (switches, name)


def test_nothing_is_written_and_the_report_has_no_names_or_values(filled: Sandbox, tmp_path: Path) -> None:
    filled.settings(switches={name: choices[0] for name, choices in CHOICES.items()})
    before = filled.content()
    first = filled.last()
    observed = observe(filled.environment(tmp_path), pause=0)
    save(observed, tmp_path / "seen.json")
    assert filled.content() == before
    calls = [one for one in filled.requests(first) if one["side"] != "copernica_token"]
    assert {one["method"] for one in calls} == {"GET"}
    assert len(calls) < 80
    said = report(observed) + (tmp_path / "seen.json").read_text()
    for word in (*SECRETS, "example.com", "Sandbox account", "webshopapp", "300001"):
        assert word not in said


def test_a_sandbox_can_be_what_was_seen(filled: Sandbox, tmp_path: Path) -> None:
    wanted = {"seoshop.filter_zone": "shop", "copernica.token_refused": "400"}
    filled.settings(switches={name: choices[0] for name, choices in CHOICES.items()} | wanted)
    save(observe(filled.environment(tmp_path), pause=0), tmp_path / "seen.json")
    switch = ("--switch", "copernica.token_refused=401")  # what is said by hand wins
    more = ("--as-observed", str(tmp_path / "seen.json"), *switch)
    with running_sandbox(customers=3, orders=3, order_rows=3, more=more) as like:
        assert like.settings()["switches"]["seoshop.filter_zone"] == "shop"
        assert like.settings()["switches"]["copernica.token_refused"] == "401"


def test_without_keys_it_says_which_and_asks_no_one() -> None:
    with pytest.raises(TroubleError, match="TAP_SEOSHOP_API_SECRET and TARGET_COPERNICA_API_TOKEN not set"):
        observe({"TAP_SEOSHOP_API_KEY": "k"})


@pytest.mark.parametrize("content", ["", "[]", '{"form": 1}', '{"form": 2, "switches": {}}'])
def test_a_file_that_is_no_record_is_one_line(content: str, tmp_path: Path) -> None:
    (tmp_path / "seen.json").write_text(content)
    ended = run(BIN / "sandbox", "serve", "--port", "0", "--as-observed", tmp_path / "seen.json")
    assert ended.code == 2
    assert "seen.json" in ended.err
    assert "Traceback" not in ended.err


def test_the_command_says_which_key_is_wrong(filled: Sandbox, tmp_path: Path) -> None:
    environment = filled.environment(tmp_path / "state") | {"TARGET_COPERNICA_API_TOKEN": "wrong"}
    command = ("--home", tmp_path, "doctor", "--record", tmp_path / "seen.json")
    ended = run(BIN / "seoshop-copernica", *command, env=environment)
    assert ended.code == 2
    assert "Copernica does not accept this token" in ended.err
    assert not (tmp_path / "seen.json").exists()
    assert json.dumps({}) not in ended.out
