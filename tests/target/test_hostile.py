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
MANY = 10_000


def hostile(dice: random.Random) -> str:
    """A few of these, one behind the other."""
    return "".join(dice.choice(HOSTILE) for _ in range(dice.randint(1, 4)))


def test_ten_thousand_hostile_keys_and_values_arrive_beside_a_colleague(account: Account) -> None:
    dice = random.Random(1)  # noqa: S311 # data, not secrets
    values = {key: hostile(dice) for key in (hostile(dice) for _ in range(MANY)) if key.strip()}
    head = schema("things", {"code": {"type": "string"}, "value": {"type": "string"}}, ["code"])

    def rows(turn: str) -> list[dict[str, Any]]:
        return [
            {"type": "RECORD", "stream": "things", "record": {"code": code, "value": turn + value}}
            for code, value in values.items()
        ]

    account.send(head, *rows("1")[:1], preset=None)
    colleague = Colleague(account.sandbox, "things")
    own = colleague.creates({"f_code": "own", "value": "own"})
    for turn in ("1", "2"):
        ended = account.send(head, *rows(turn), state(n=1), preset=None)
        assert ended.lines() == [{"n": 1}]
    assert account.rejects() == []
    found = account.people("things")
    assert found.pop("")["value"] == "own"
    assert account.sandbox.profile(own)["value"] == "own"
    # What Copernica takes for one is two here, but for two Unicode forms of one address.
    address = re.compile(r"\s*[^@\s]+@[^@\s]+\s*")
    assert len(found) == len(
        {unicodedata.normalize("NFC", key) if address.fullmatch(key) else key for key in values}
    )
    assert {one["value"][0] for one in found.values()} == {"2"}


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
