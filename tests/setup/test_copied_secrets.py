"""A secret that was copied with more than itself is named before anyone is asked, by both programs."""

from collections.abc import Callable
from pathlib import Path

import pytest
from dotenv import dotenv_values

import tap_seoshop.configuration
import target_copernica.configuration

SCHEMA = {"properties": {"api_token": {"type": "string", "secret": True}}}


@pytest.mark.parametrize("complaints", [m.configuration.complaints for m in (tap_seoshop, target_copernica)])
@pytest.mark.parametrize(
    ("secret", "what"),
    [
        ("abc\r", "blanks or a line break before or after it"),
        (" abc", "blanks or a line break before or after it"),
        ('"abc"', "quotes around it"),
        ("“abc”", "quotes around it"),
        ("abc def", "blanks or line breaks in it"),
        ("abc", None),
        ("a'b", None),
    ],
)
def test_what_came_along_is_said_without_the_secret(
    complaints: Callable[..., list[str]], secret: str, what: str | None
) -> None:
    said = complaints({"api_token": secret}, SCHEMA, "X_")
    assert said == ([f"the setting `api_token` has {what}: remove them"] if what else [])


@pytest.mark.parametrize(
    "text", ['KEY="abc"\r\n', "KEY='abc'\n", "export KEY = abc  \r\n", "KEY=abc # mine\n"]
)
def test_quotes_blanks_and_line_ends_of_a_file_of_variables_do_no_harm(text: str, tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_bytes(text.encode())
    assert dotenv_values(file) == {"KEY": "abc"}
