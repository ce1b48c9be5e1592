"""`setup` without a network: what is pasted, what answers mean, what a load costs, what `.env` holds."""

import stat
from io import StringIO
from pathlib import Path

import pytest
from dotenv import dotenv_values
from hypothesis import given
from hypothesis import strategies as st

from seoshop_copernica.setup import account, shop, variables
from seoshop_copernica.setup.estimate import first_load, in_words
from seoshop_copernica.setup.reading import Reply
from seoshop_copernica.setup.values import complaint, copied

KEY = "0123456789abcdef0123456789abcdef"
KEYS = shop.Keys(KEY, KEY)
UNKNOWN_LANGUAGE = {"error": {"message": "Unknown or inactive language."}}
PLAIN = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40).filter(
    lambda text: "${" not in text  # refused: see below
)


@pytest.mark.parametrize(
    "pasted", [f" {KEY}\r\n", f'"{KEY}"', f"'{KEY}' ", f"“{KEY}”", f"\ufeff{KEY}", f"\u200b{KEY}"]
)
def test_what_copying_adds_is_taken_off(pasted: str) -> None:
    assert copied(pasted) == KEY
    assert complaint("api_key", copied(pasted)) is None


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("api_key", "", "the key is empty: it is made in the shop's back office, Settings > Developers"),
        ("api_key", KEY[1:], "the key has 31 characters, not 32: copy it whole from the shop's back office"),
        ("api_secret", f"{KEY[:9]} {KEY[10:]}", "the secret has a blank in it: copy it once more"),
        ("api_secret", KEY[1:] + "é", "the secret has a character in it that no secret has"),
        ("api_token", f"{KEY}${{HOME}}", "the token has a character in it that no token has"),
        ("api_token", "", "the token is empty: it is made in the dashboard of Copernica's Marketing Suite"),
        ("cluster", "eu2", "the cluster is eu1 (shops in Europe) or us1"),
        ("language", "nl-NL", "the language is two small letters"),
    ],
)
def test_a_value_that_cannot_be_right_is_said_with_its_screen(name: str, value: str, line: str) -> None:
    said = complaint(name, value)
    assert said is not None
    assert said.startswith(line)
    assert not value or value not in said


@pytest.mark.parametrize(
    ("reply", "what", "words"),
    [
        (Reply(401), "api_key", "a new key has to be"),
        (Reply(403), "rights", "Settings > Developers"),
        (
            Reply(404, UNKNOWN_LANGUAGE),
            "language",
            "Settings > Languages",
        ),
        (Reply(404, "nothing here"), "away", "not known (HTTP 404)"),
        (Reply(429), "away", "no requests left for now"),
        (Reply(503), "away", "not known (HTTP 503)"),
        (Reply(None, trouble="no connection"), "away", "(no connection)"),
        (Reply(200, {"accountPermissions": {"orders": {"read": False}}}), "rights", "may not read orders"),
    ],
)
def test_every_answer_of_the_shop_has_its_line(reply: Reply, what: str, words: str) -> None:
    refused = shop.refusal(KEYS, reply)
    assert refused is not None
    assert (refused.what, words in refused.line) == (what, True)
    assert "\n" not in refused.line


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_token_that_is_not_accepted_may_be_wrong_or_bound_to_an_address(status: int) -> None:
    refused = account.refusal(Reply(status, {"error": {"message": "Invalid access token"}}))
    assert refused is not None
    assert refused.what == "api_token"
    assert "API tokens" in refused.line
    assert "IP addresses" in refused.line


def test_a_first_load_is_as_long_as_the_windows_of_the_key_are() -> None:
    plain = (300, 3000, 12000)
    small = first_load({"customers": 100, "orders": 50, "products": 10}, plain)
    large = first_load({"customers": 9000, "orders": 40_000, "products": 500}, plain)
    assert small.requests == 50 + 20 + 6  # rows of orders, small lists, one page of each large one
    assert in_words(small.seconds) == "1 minute"
    assert in_words(large.seconds) == "4 days"  # 40,000 rows at 10,800 requests a day
    assert in_words(large.at_once) == "6 minutes"
    assert in_words(3 * 3600) == "3 hours"


@given(st.dictionaries(st.sampled_from(sorted(variables.NAMES)), PLAIN, min_size=1))
def test_what_is_written_is_read_again(values: dict[str, str]) -> None:
    text = variables.with_values("", values)
    assert variables.with_values(text, values) == text
    assert {name: value for name, value in read_text(text).items() if value} == values


def read_text(text: str) -> dict[str, str]:
    """As python-dotenv reads it, which Meltano, tap and target use."""
    found = dotenv_values(stream=StringIO(text))
    return {name: found.get(variable) or "" for name, variable in variables.NAMES.items()}


def test_other_lines_stay_and_an_older_value_does_not_win() -> None:
    before = "\ufeff# mine\r\nTAP_SEOSHOP_API_KEY=old\r\nOTHER=1\r\nexport TAP_SEOSHOP_API_KEY = older\r\n"
    after = variables.with_values(before, {"api_key": "new", "cluster": "us1"})
    assert after == "# mine\nTAP_SEOSHOP_API_KEY=new\nOTHER=1\nTAP_SEOSHOP_CLUSTER=us1\n"


def test_the_file_is_the_owners_alone_and_never_there_by_half(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("old\n")
    file.chmod(0o644)
    variables.write(file, "new\n")
    assert file.read_text() == "new\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with pytest.raises(UnicodeEncodeError):
        variables.write(file, "half\n" * 100_000 + "\ud800")
    assert file.read_text() == "new\n"
    assert list(tmp_path.iterdir()) == [file]
