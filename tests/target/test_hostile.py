"""Whatever keys and values come, and whatever is done by hand meanwhile: no other person is touched."""

import random
import re
import threading
import unicodedata
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from support.account import Account
from support.colleague import Colleague
from support.killing import started, until
from support.sandbox import Sandbox
from support.singer import customer, order, schema, state

pytestmark = pytest.mark.slow

NOW = "2026-11-02T09:20:00Z"
HOSTILE = (
    "id", "modified", "code", "external_key", "==", "!=", "<>", "=~", "%", "_", "*", "'", '"', "\\", "\\'",
    ";", "&", "=", "#", "?", "/", "..", "\x00", "\t", "\r\n", "\u2028", "\ufeff", "\u202e", "é", "É",
    "e\u0301", "ß",
    "İ", "\u0131", "👩‍🌾", " ", "  ", "0", "-1", "1e3", "true", "null",
    "{$var}", "{{ x }}", "<script>", "--", "0x1f",
    "fields[]", "DROP TABLE", "x" * 70,
)  # fmt: skip
IN_AN_ADDRESS = [one for one in HOSTILE if one.isprintable() and not set(one) & set(' ,;<>()[]\\"')]
MANY = 10_000
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def hostile(dice: random.Random) -> str:
    """A few of these, one behind the other."""
    return "".join(dice.choice(HOSTILE) for _ in range(dice.randint(1, 4)))


def address(dice: random.Random) -> str:
    """An e-mail address as hostile as one can be."""
    return f"{''.join(dice.choice(IN_AN_ADDRESS) for _ in range(dice.randint(1, 3)))}@example.nl"


def as_kept(text: str) -> str:
    """A text as Copernica has it: without control characters (target-copernica's README, table of values)."""
    return CONTROL.sub("", text)


def test_ten_thousand_hostile_keys_and_values_arrive_beside_a_colleague(account: Account) -> None:
    dice = random.Random(1)  # noqa: S311 # data, not secrets
    keys = {unicodedata.normalize("NFC", key): key for key in (hostile(dice) for _ in range(2 * MANY))}
    # What Copernica takes for one key is two here, but for two spellings of one text in Unicode.
    records = [
        {
            "number": f"n{number}",
            "code": code,
            "name": hostile(dice),
            "street": hostile(dice),
            "email": address(dice),
        }
        for number, code in enumerate([key for key in keys.values() if key.strip()][:MANY])
    ]
    assert len(records) == MANY
    head = schema("things", {name: {"type": "string"} for name in records[0]}, ["code"])

    def changed(turn: str) -> list[dict[str, str]]:
        return [one | {"name": turn + one["name"]} for one in records]

    def rows(turn: str) -> list[dict[str, Any]]:
        return [{"type": "RECORD", "stream": "things", "record": one} for one in changed(turn)]

    account.send(head, *rows("1")[:1], preset=None)
    colleague = Colleague(account.sandbox, "things")
    own = colleague.creates({"f_code": "own", "name": "own"})
    for turn in ("1", "2"):
        ended = account.send(head, *rows(turn), state(n=1), preset=None)
        assert ended.lines() == [{"n": 1}]
        assert account.rejects() == []
        found = account.people("things")
        assert found.pop("")["name"] == "own"
        assert account.sandbox.profile(own)["name"] == "own"
        assert len(found) == MANY
        there = {one["number"]: one for one in found.values()}
        wrong = [
            (one["number"], name)
            for one in changed(turn)
            for name, value in one.items()
            if there[one["number"]]["f_code" if name == "code" else name] != as_kept(value)
        ]
        assert wrong == []


def between() -> list[dict[str, Any]]:
    """A run with everything in it: live and history, new and changed, people and orders."""
    old = "2020-01-01T00:00:00Z"
    return [
        customer(1, updated=NOW, firstname="New"),
        customer(4, at=NOW),
        customer(5),
        customer(6),
        customer(2, updated=old, firstname="Changed"),
        order(11, 1, updated=NOW, paymentStatus="paid"),
        order(14, 4, at=NOW),
        order(15, 5),
    ]


@pytest.mark.parametrize("field", ["external_key", "email"])
@pytest.mark.parametrize("call", range(2, 18, 3))
def test_a_field_renamed_between_any_two_calls_harms_nobody(
    start_sandbox: Callable[..., Sandbox], tmp_path: Path, call: int, field: str
) -> None:
    more = ("--import-seconds", "0.1", "--no-curated")
    account = Account(start_sandbox(customers=0, orders=0, order_rows=0, more=more), tmp_path)
    account.send(*[customer(number) for number in (1, 2, 3)], order(11, 1), order(13, 3))
    colleague = Colleague.beside(account.sandbox, "SEOshop")
    account.sandbox.fault("copernica", "/v4/", "hang_before", nth=call)
    process = started(account, *between())
    until(lambda: account.sandbox.faults()["faults"][0]["hits"] > 0 or process.poll() is not None)
    account.sandbox.rename_field(account.sandbox.databases()["SEOshop"]["id"], field, "renamed")
    account.sandbox.clear_faults()
    _, err = process.communicate(timeout=200)
    assert "Traceback" not in err
    own = account.sandbox.profile(colleague.own)
    assert own["firstname"] == "Colleague"
    bystander = account.sandbox.profile(colleague.own - 1)  # customer 3, of whom nothing came
    assert (bystander["firstname"], bystander["lastname"]) == ("Zoë", "d'Hondt")
    assert "7:3" in bystander.values()


class _Listener(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.server.asked.append(self.path)  # type: ignore[attr-defined] # a list put there by the test
        self.send_error(404)

    do_POST = do_GET  # noqa: N815 - likewise

    def log_message(self, *_arguments: object) -> None:
        pass


@pytest.fixture
def elsewhere() -> Iterator[tuple[str, list[str]]]:
    """Another host, and what it was asked."""
    server = HTTPServer(("127.0.0.1", 0), _Listener)
    server.asked = []  # type: ignore[attr-defined] # what it was asked
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/", server.asked  # type: ignore[attr-defined] # as above
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("side", "path", "method", "code"),
    [
        ("copernica_token", "/authenticate", "POST", 3),
        ("copernica", "/database/", "GET", 0),  # asked again
        ("copernica", "/databases$", "POST", 4),
    ],
)
def test_a_redirect_is_not_followed_off_the_host(
    account: Account, elsewhere: tuple[str, list[str]], side: str, path: str, method: str, code: int
) -> None:
    address, asked = elsewhere
    leads_away = {"status": 307, "body": "", "headers": {"Location": address}}
    account.sandbox.fault(side, path, "status", method=method, **leads_away)
    ended = account.send(customer(1), check=False)
    assert ended.code == code, ended.err
    assert asked == []
    assert address not in ended.err
