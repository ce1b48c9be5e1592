"""Who wrote each field last, as the page tells it."""

import re

from .conftest import Looked


def told(page: str) -> dict[str, str]:
    """By field what the page says of the write that left its value there."""
    listed = {
        number: " ".join(re.sub(r"<[^>]+>", "", text).split())
        for number, text in re.findall(r'<li id="write(\d+)">(.*?)</li>', page, re.DOTALL)
    }
    rows = re.findall(r'<th scope="row"><code>([^<]+)</code></th>(.*?)</tr>', page, re.DOTALL)
    writers = {name: re.search(r'href="#write(\d+)"', row) for name, row in rows}
    return {name: listed[writer[1]] if writer else "-" for name, writer in writers.items()}


def test_each_field_names_the_call_that_wrote_it_last(looked: Looked) -> None:
    looked.imported([{"email": "jan@example.com", "firstname": "Jan", "city": "Gouda"}], name="people")
    looked.call("PUT", "profile/1/fields", {"firstname": "Jan", "city": "Delft"})
    looked.call(
        "PUT", "database/1/profiles?fields[]=email==jan@example.com", {"fields": {"lastname": "Smit"}}
    )
    seen = told(looked.page("/profiles/1"))
    assert seen["email"].startswith("Import 1: people at 2026-11-02")
    assert seen["firstname"].startswith("Import 1: people"), "to write the same again is no write"
    assert seen["city"].startswith("PUT profile/1/fields at ")
    assert seen["lastname"].startswith("PUT database/1/profiles at ")


def test_what_a_colleague_wrote_is_told_as_such(looked: Looked) -> None:
    looked.made("database/1/profiles", {"fields": {"email": "jan@example.com"}})
    looked.http.post("/admin/copernica/profiles/1/fields", json={"city": "Delft"})
    seen = told(looked.page("/profiles/1"))
    assert seen["email"].startswith("POST database/1/profiles at ")
    assert seen["city"].startswith("Changed by hand")


def test_a_default_was_written_by_no_one(looked: Looked) -> None:
    looked.made("database/1/fields", {"name": "country", "type": "text", "value": "NL"})
    looked.made("database/1/profiles", {"fields": {"email": "jan@example.com"}})
    assert told(looked.page("/profiles/1"))["country"] == "-"


def test_a_subprofile_tells_of_its_own_writes(looked: Looked) -> None:
    looked.made("database/1/profiles", {"fields": {"email": "jan@example.com"}})
    looked.made("database/1/collections", {"name": "Orders"})
    for name in ("number", "status"):
        looked.made("collection/1/fields", {"name": name})
    for number in ("A1", "A2"):
        looked.made("profile/1/subprofiles/1", {"number": number, "status": "new"})
    looked.call("PUT", "subprofile/1/fields", {"status": "paid"})
    seen = told(looked.page("/subprofiles/1"))
    assert seen["number"].startswith("POST profile/1/subprofiles/1 at ")
    assert seen["status"].startswith("PUT subprofile/1/fields at ")
    assert told(looked.page("/subprofiles/2"))["status"].startswith("POST")
