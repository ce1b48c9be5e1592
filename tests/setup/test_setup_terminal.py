"""`setup` at a terminal, against the sandbox: each mistake of a first time, and the way on."""

import re
import stat
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pexpect
import pytest

from support.programs import BIN, clean_environment, run
from support.sandbox import COPERNICA_TOKEN, SECRETS, SEOSHOP_KEY, SEOSHOP_SECRET, Sandbox, running_sandbox

# The person at the terminal is a process that forks while a thread reads the sandbox's output; it then only
# runs a program, so that what Python 3.12 and later warn of cannot happen.
pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")

LATER = 60
"""Seconds that a loaded machine may take for any one line."""
PATIENT = 10
"""Seconds after which a person presses Ctrl-C again."""


@pytest.fixture(scope="module")
def shop() -> Iterator[Sandbox]:
    with running_sandbox(customers=20, orders=30, order_rows=60) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(shop: Sandbox) -> Sandbox:
    """The same one for all, without faults and with its default switches."""
    shop.clear_faults()
    shop.settings(switches={"seoshop.lacking_permission": "none"})
    return shop


def addresses(sandbox: Sandbox) -> dict[str, str]:
    return {
        "TAP_SEOSHOP_API_URL": f"{sandbox.url}/seoshop",
        "TARGET_COPERNICA_API_URL": f"{sandbox.url}/copernica/v4",
        "TARGET_COPERNICA_AUTH_URL": f"{sandbox.url}/copernica/authenticate",
    }


class Person:
    """Someone at a terminal with `setup` before them."""

    def __init__(self, sandbox: Sandbox, home: Path, *options: str) -> None:
        self.seen = StringIO()
        self.home = home
        command = ["--home", str(home), "setup", *options]
        environment = clean_environment() | addresses(sandbox)
        self.terminal = pexpect.spawn(
            str(BIN / "seoshop-copernica"), command, env=environment, encoding="utf-8", timeout=LATER
        )
        self.terminal.logfile_read = self.seen

    def sees(self, text: str) -> None:
        self.terminal.expect_exact(text)

    def reads(self, pattern: str) -> str:
        self.terminal.expect(pattern)
        found = self.terminal.match
        assert isinstance(found, re.Match)
        return str(found[1])

    def answers(self, question: str, answer: str) -> None:
        self.sees(question)
        self.terminal.sendline(answer)

    def opens_the_shop(
        self, key: str = SEOSHOP_KEY, secret: str = SEOSHOP_SECRET, language: str = ""
    ) -> None:
        self.answers("API key (hidden", key)
        self.answers("API secret (hidden", secret)
        self.answers("Cluster, eu1 (Europe) or us1 (America) [eu1]:", "")
        self.answers("Language of product titles [nl]:", language)

    def interrupts(self) -> int:
        """Press Ctrl-C, again if nothing comes of it, as anyone would.

        Python does not wake a read for a signal that came in the instant before it began.
        """
        for _ in range(LATER // PATIENT):
            self.terminal.sendintr()
            if self.terminal.expect([pexpect.EOF, pexpect.TIMEOUT], timeout=PATIENT) == 0:
                break
        return self.ends()

    def ends(self) -> int:
        self.terminal.expect(pexpect.EOF)
        self.terminal.close()
        text = self.seen.getvalue()
        assert not [secret for secret in SECRETS if secret in text]  # nothing that is secret was shown
        assert "Traceback" not in text
        return int(self.terminal.exitstatus if self.terminal.exitstatus is not None else -1)


@pytest.fixture
def person(sandbox: Sandbox, tmp_path: Path) -> Person:
    return Person(sandbox, tmp_path)


def test_from_two_keys_to_the_plan(person: Person) -> None:
    person.opens_the_shop()
    person.sees("Yes: shop 300001 (sample-shop.webshopapp.com)")
    person.answers("API token (hidden", f' "{COPERNICA_TOKEN}" ')
    person.sees("Yes: the token is for the account Sandbox.")
    assert int(person.reads(r"Database SEOshop will be made; fields: (\d+) missing")) > 100
    person.sees("Database SEOshop_products will be made")
    person.sees("The shop has 20 customers, 30 orders,")
    person.sees("No campaign runs for it")
    person.answers("Begin the first run now? [y/N]", "n")
    assert person.ends() == 0
    file = person.home / ".env"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert f"TARGET_COPERNICA_API_TOKEN={COPERNICA_TOKEN}\n" in file.read_text()


def test_a_key_that_is_cut_short_is_said_before_anyone_is_asked(person: Person) -> None:
    person.answers("API key (hidden", SEOSHOP_KEY[:-1])
    person.sees("No: the key has 31 characters, not 32: copy it whole from the shop's back office, Settings")
    person.opens_the_shop()
    person.sees("Yes: shop 300001")
    assert person.interrupts() == 130


def test_a_wrong_secret_or_a_key_that_is_not_activated(person: Person) -> None:
    person.opens_the_shop(secret=SEOSHOP_KEY)
    person.sees(
        "No: SEOshop does not accept this key and secret: in the shop's back office, Settings > Developers"
    )
    person.sees("whether the key is activated (a new key has to be)")
    person.answers("API key (hidden; Enter keeps the one you have)", "")
    person.answers("API secret (hidden", SEOSHOP_SECRET)
    person.sees("Yes: shop 300001")
    assert person.interrupts() == 130


def test_the_wrong_cluster(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.fault("seoshop", "/account/permissions", "status", status=401, times=1)
    person = Person(sandbox, tmp_path)
    person.opens_the_shop()
    person.sees("No: this key belongs to the cluster us1, not eu1: choose us1.")
    person.answers("Cluster, eu1 (Europe) or us1 (America) [us1]:", "")
    person.sees("Yes: shop 300001")
    assert person.interrupts() == 130


def test_a_right_that_is_missing_and_then_given(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.settings(switches={"seoshop.lacking_permission": "orders"})
    person = Person(sandbox, tmp_path)
    person.opens_the_shop()
    person.sees("No: the key may not read orders: give it that right in the shop's back office")
    sandbox.settings(switches={"seoshop.lacking_permission": "none"})
    person.answers("API key (hidden; Enter keeps the one you have)", "")
    person.answers("API secret (hidden; Enter keeps the one you have)", "")
    person.sees("Yes: shop 300001")
    assert person.interrupts() == 130


def test_a_language_that_is_not_active(person: Person) -> None:
    person.opens_the_shop(language="fr")
    person.sees("No: the language fr is not active in the shop: take one that is")
    person.answers("Language of product titles [fr]:", "de")
    person.sees("Yes: shop 300001")
    assert person.interrupts() == 130


def test_a_wrong_token_or_one_bound_to_other_addresses(person: Person) -> None:
    person.opens_the_shop()
    person.answers("API token (hidden", "not-the-token")
    person.sees("No: Copernica does not accept this token: in the dashboard of Copernica's Marketing Suite")
    person.sees("limited to IP addresses that this machine does not have")
    person.answers("API token (hidden", COPERNICA_TOKEN)
    person.sees("Written: ")
    assert person.interrupts() == 130
    assert COPERNICA_TOKEN in (person.home / ".env").read_text()


@pytest.mark.parametrize(
    "question", ["API key (hidden", "API secret (hidden", "Cluster, eu1", "API token (hidden"]
)
def test_ctrl_c_at_a_question_leaves_nothing(question: str, person: Person) -> None:
    answers = {
        "API key (hidden": SEOSHOP_KEY,
        "API secret (hidden": SEOSHOP_SECRET,
        "Cluster, eu1": "",
        "Language of": "",
    }
    for asked, answer in answers.items():
        if asked == question:
            break
        person.answers(asked, answer)
    person.sees(question)
    assert person.interrupts() == 130
    assert "stopped; nothing was written" in person.seen.getvalue()
    assert list(person.home.iterdir()) == []


@pytest.mark.slow
def test_ctrl_c_after_the_plan_leaves_a_whole_file(person: Person) -> None:
    person.opens_the_shop()
    person.answers("API token (hidden", COPERNICA_TOKEN)
    person.sees("Begin the first run now? [y/N]")
    assert person.interrupts() == 130
    assert "no run has begun" in person.seen.getvalue()
    again = run(
        *(BIN / "seoshop-copernica", "--home", person.home, "setup", "--no-input", "--no-first-run"),
        env=addresses(Sandbox.at(url_of(person))),
    )
    assert again.code == 0, again.log


def url_of(person: Person) -> str:
    """Where the sandbox is that the person was sent to."""
    assert person.terminal.env is not None
    return str(person.terminal.env["TAP_SEOSHOP_API_URL"]).removesuffix("/seoshop")


def test_a_key_that_may_not_read_the_shop_itself(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.settings(switches={"seoshop.lacking_permission": "settings"})
    keys = {
        "TAP_SEOSHOP_API_KEY": SEOSHOP_KEY,
        "TAP_SEOSHOP_API_SECRET": SEOSHOP_SECRET,
        "TARGET_COPERNICA_API_TOKEN": COPERNICA_TOKEN,
    }
    command = ("--home", tmp_path, "setup", "--no-input")
    ended = run(BIN / "seoshop-copernica", *command, env=addresses(sandbox) | keys)
    assert ended.code == 3
    assert ended.err.startswith(
        "seoshop-copernica: the key may not read the shop's settings: give it that right"
    )


def test_without_a_terminal_it_says_how_to_go_on(tmp_path: Path) -> None:
    ended = run(BIN / "seoshop-copernica", "--home", tmp_path, "setup")
    assert ended.code == 2
    assert ended.err == (
        "seoshop-copernica: there is no terminal to ask at: give the keys as variables, and --no-input\n"
    )


@pytest.mark.parametrize(
    ("name", "value", "code", "line"),
    [
        ("TAP_SEOSHOP_API_KEY", "", 2, "the key is empty"),
        ("TAP_SEOSHOP_API_SECRET", "two parts", 2, "the secret has a blank in it"),
        ("TAP_SEOSHOP_API_SECRET", SEOSHOP_KEY, 3, "SEOshop does not accept this key and secret"),
        ("TAP_SEOSHOP_LANGUAGE", "fr", 2, "the language fr is not active"),
        ("TARGET_COPERNICA_API_TOKEN", "wrong", 3, "Copernica does not accept this token"),
        ("TAP_SEOSHOP_API_URL", "http://127.0.0.1:9", 4, "SEOshop does not answer (no connection)"),
        ("TARGET_COPERNICA_AUTH_URL", "http://127.0.0.1:9", 4, "Copernica does not answer (no connection)"),
    ],
)
def test_without_a_person_each_mistake_is_one_line_and_a_code(
    name: str, value: str, code: int, line: str, sandbox: Sandbox, tmp_path: Path
) -> None:
    right = {
        "TAP_SEOSHOP_API_KEY": SEOSHOP_KEY,
        "TAP_SEOSHOP_API_SECRET": SEOSHOP_SECRET,
        "TARGET_COPERNICA_API_TOKEN": COPERNICA_TOKEN,
    }
    environment = addresses(sandbox) | right | {name: value}
    ended = run(BIN / "seoshop-copernica", "--home", tmp_path, "setup", "--no-input", env=environment)
    assert ended.code == code, ended.log
    assert ended.err.startswith(f"seoshop-copernica: {line}")
    assert ended.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_the_first_run_begins_where_it_is_asked_for(sandbox: Sandbox, tmp_path: Path) -> None:
    keys = {
        "TAP_SEOSHOP_API_KEY": SEOSHOP_KEY,
        "TAP_SEOSHOP_API_SECRET": SEOSHOP_SECRET,
        "TARGET_COPERNICA_API_TOKEN": COPERNICA_TOKEN,
    }
    command = ("--home", tmp_path, "setup", "--no-input", "--first-run")
    ended = run(BIN / "seoshop-copernica", *command, env=addresses(sandbox) | keys)
    assert ended.code == 0, ended.log
    assert sandbox.databases()["SEOshop"]["profiles"] >= 20
    assert not [secret for secret in SECRETS if secret in ended.log]
