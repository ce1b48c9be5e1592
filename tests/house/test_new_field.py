"""A contributor who adds a field is told where else it has to stand."""

from support.expected import Fields, differences


def test_what_the_tests_do_not_expect_yet_is_named_with_the_file_that_says_it() -> None:
    found: dict[str, Fields] = {"1:7": {"email": "a@example.com", "weight_class": "light"}}
    (line,) = differences({"1:7": {"email": "a@example.com"}}, found)
    assert "weight_class is not expected" in line
    assert "tests/support/expected.py" in line
    assert "CONTRIBUTING.md, `A field`" in line


def test_what_did_not_arrive_is_named() -> None:
    assert differences({"1:7": {"email": "", "phone": ""}}, {"1:7": {"email": ""}}) == [
        "1:7.phone is missing"
    ]
