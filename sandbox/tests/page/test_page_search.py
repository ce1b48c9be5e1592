"""The search of the page: what was typed is in a body, and in no address."""

import pytest

from sandbox.page.missing import MissingError
from sandbox.page.searches import KEPT, Searches

from .conftest import Looked


def test_what_was_typed_is_in_no_address(looked: Looked) -> None:
    looked.made("database/1/profiles", {"fields": {"email": "jan@example.com", "firstname": "Jan"}})
    answer = looked.http.post("/search", data={"q": "Jan"}, follow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/search/1")
    found = looked.page("/search/1")
    assert 'href="/profiles/1"' in found
    assert 'value="Jan"' in found
    assert 'value="Jan"' not in looked.page("/search?q=Jan")


def test_long_results_are_paged(looked: Looked) -> None:
    for number in range(30):
        looked.made("database/1/profiles", {"fields": {"email": f"p{number}@example.com"}})
    assert 'href="/search/1?page=2"' in looked.found("example")
    assert looked.page("/search/1?page=2").count('href="/profiles/') == 5


@pytest.mark.parametrize("typed", ["", " ", "\x00", "%", '"', "a" * 5000])
def test_any_text_is_answered(looked: Looked, typed: str) -> None:
    assert "<h1>Search</h1>" in looked.found(typed)


def test_a_search_that_is_forgotten_says_so(looked: Looked) -> None:
    answer = looked.http.get("/search/7")
    assert answer.status_code == 404
    assert "Search again" in answer.text


def test_searches_are_forgotten_in_time() -> None:
    searches = Searches()
    numbers = [searches.add(f"word {number}") for number in range(KEPT + 2)]
    assert searches.text(numbers[-1]) == f"word {KEPT + 1}"
    with pytest.raises(MissingError):
        searches.text(numbers[1])


PERSON = {
    "email": "j.uebel@exa-mple.com",
    "firstname": "J\u00fcrgen",
    "lastname": "van \u00dcbel-Jansen",
    "city": "Gouda",
}


@pytest.mark.parametrize(
    "typed",
    ["j\u00fcrgen", "JURGEN", "u\u0308bel", "jansen", "jans", "van jans", "jansen j\u00fcr",
     "J.Uebel@Exa-Mple.com", "exa-mple", "j.ueb", "uebel@exa"],
)  # fmt: skip
def test_a_person_is_found_by_the_beginnings_of_words(looked: Looked, typed: str) -> None:
    looked.made("database/1/profiles", {"fields": PERSON})
    looked.made("database/1/profiles", {"fields": {"lastname": "Jongen"}})
    found = looked.found(typed)
    assert 'href="/profiles/1"' in found
    assert 'href="/profiles/2"' not in found


@pytest.mark.parametrize("typed", ["Gouda", "bel", "jansen klaas", "u@exa", "uebel exa@mple"])
def test_nobody_is_found_by_what_is_not_in_the_name(looked: Looked, typed: str) -> None:
    looked.made("database/1/profiles", {"fields": PERSON})
    assert "/profiles/" not in looked.found(typed)


def test_a_person_is_found_as_they_are_now(looked: Looked) -> None:
    looked.imported(
        [{"email": "a@example.com", "lastname": "Smit"}, {"email": "b@example.com", "lastname": "Smit"}]
    )
    looked.imported([{"email": "a@example.com", "lastname": "Bakker"}])
    assert ('href="/profiles/1"' in looked.found("smit"), 'href="/profiles/1"' in looked.found("bakker")) == (
        False,
        True,
    )
    looked.call("DELETE", "profile/1")
    looked.http.post("/admin/copernica/profiles/2/fields", json={"lastname": "Visser"})
    assert "/profiles/" not in looked.found("bakker") + looked.found("smit")
    assert 'href="/profiles/2"' in looked.found("visser")
