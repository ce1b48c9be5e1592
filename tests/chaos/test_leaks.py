"""The search for leaks finds what it looks for, in every form and place."""

import json
import subprocess
import sys
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, strategies

from chaos.judge.command_lines import sampled
from chaos.judge.leaks import HEAD_OF_A_JWT, encoded, leaks
from support.sandbox import SECRETS, SEOSHOP_KEY, Sandbox, running_sandbox

WORDS = strategies.text(min_size=5, max_size=20).filter(lambda text: text.isprintable())


@dataclass
class Left:
    """What a run has left."""

    sandbox: Sandbox
    folder: Path


@pytest.fixture(scope="module")
def shop() -> Iterator[Sandbox]:
    """A small shop."""
    with running_sandbox(customers=3, orders=3, order_rows=3) as found:
        yield found


@pytest.fixture
def left(shop: Sandbox, tmp_path: Path) -> Left:
    return Left(shop, tmp_path)


def name_of_a_person(shop: Sandbox) -> str:
    return next(str(body["email"]) for body in shop.shop("customers") if body["email"])


@given(strategies.binary(max_size=7), WORDS, strategies.binary(max_size=7))
def test_a_text_is_found_in_every_form(before: bytes, text: str, after: bytes) -> None:
    whole = before + text.encode() + after
    forms = (
        whole,
        b64encode(whole),
        urlsafe_b64encode(whole),
        json.dumps({text: [text]}).encode(),
        quote(text, safe="").encode(),
        quote_plus(text).encode(),
        repr([text]).encode(),
    )
    assert [form for form in forms if not any(one in form for one in encoded(text))] == []


@pytest.mark.parametrize("secret", [*SECRETS, f"{HEAD_OF_A_JWT}.e30.c2ln"])
@pytest.mark.parametrize("place", ["tap.log", "state/rejects.jsonl", "state/deeper/any", "states"])
def test_a_secret_is_found_everywhere(left: Left, secret: str, place: str) -> None:
    file = left.folder / place
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch(0o600)
    assert leaks(left) == []
    file.write_bytes(b"Authorization: Basic " + b64encode(f"{secret}:x".encode()))
    assert any(f"stands in {place}" in line for line in leaks(left))


def test_a_person_may_stand_in_files_for_the_owner_only(left: Left) -> None:
    person = name_of_a_person(left.sandbox)
    for name in ("rejects.jsonl", "ledger.sqlite", "ledger.sqlite-wal"):
        file = left.folder / name
        file.touch(0o600)
        file.write_text(person)
    assert leaks(left) == []
    (left.folder / "rejects.jsonl").chmod(0o640)
    assert leaks(left) == ["others may read rejects.jsonl"]
    (left.folder / "target.log").write_text(f"refused: {quote(person)}")
    assert "a person's email stands in target.log" in leaks(left)


def test_a_command_line_is_searched(left: Left) -> None:
    with sampled(left.folder / "command-lines.log"):
        subprocess.run([sys.executable, "-c", "import time; time.sleep(0.5)", SEOSHOP_KEY], check=True)
    if Path("/proc/self").exists():
        assert leaks(left) == ["a secret stands in command-lines.log"]
