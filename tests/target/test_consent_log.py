"""The log of consent as a file: cut off, damaged, or of another key."""

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from target_copernica.consent.model import Event
from target_copernica.errors import SettingsError
from target_copernica.memory.consent_log import ConsentLog
from target_copernica.memory.ledger import Ledger
from target_copernica.memory.tombstones import Tombstones

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
SAID = [
    ("a" * 32, Event("optout", NOW, "copernica:unsubscribe")),
    ("b" * 32, Event("act", None, "s", "order")),
]


def written(path: Path) -> ConsentLog:
    log = ConsentLog(path, "key")
    log.append(SAID, NOW.isoformat())
    return log


def test_what_is_added_is_read_and_a_torn_line_is_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "consent.jsonl"
    assert list(written(path).events()) == SAID
    path.write_bytes(path.read_bytes()[:-5])
    log = ConsentLog(path, "key")
    assert list(log.events()) == SAID[:1]
    log.append(SAID[1:], NOW.isoformat())
    assert list(log.events()) == SAID


def test_a_damaged_line_stops_the_run_for_it_may_be_an_opt_out(tmp_path: Path) -> None:
    path = tmp_path / "consent.jsonl"
    log = written(path)
    path.write_text(path.read_text().replace('"optout"', "optout"))
    with pytest.raises(SettingsError, match="line 2 is not as this program wrote it"):
        list(log.events())


def test_a_file_of_another_key_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "consent.jsonl"
    content = (written(path), path.read_text())[1]
    log = ConsentLog(path, "another key")
    assert log.aside is not None
    assert (list(log.events()), log.aside.read_text()) == ([], content)


@pytest.mark.parametrize("killed_after", ["the log", "the ledger"])
def test_a_run_that_ends_between_log_and_ledger_forgets_nothing(
    tmp_path: Path, killed_after: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log comes first; what the ledger lacks is read from it when it is opened again."""

    def opened() -> Ledger:
        ledger = Ledger(tmp_path / "ledger.sqlite", Tombstones(tmp_path / "tombstones.jsonl"), durable=False)
        ledger.consents.use(ConsentLog(tmp_path / "consent.jsonl", ledger.consents.check))
        return ledger

    class KilledError(Exception):
        """Stands for a kill."""

    def killed(*_: object) -> None:
        raise KilledError

    ledger = opened()
    who = ledger.consents.who("a@example.com")
    with monkeypatch.context() as patched, suppress(KilledError), ledger.transaction():
        if killed_after == "the log":
            patched.setattr(ledger.consents, "_keep", killed)
        ledger.consents.hear([(who, SAID[0][1])], NOW.isoformat())
    ledger.close()
    for _ in range(2):
        ledger = opened()
        optout = ledger.consents.history(who).optout
        ledger.close()
        assert optout is not None
        assert optout.at == NOW
    assert (tmp_path / "consent.jsonl").read_text().count("optout") == 1
