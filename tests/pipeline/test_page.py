"""The sandbox's page after a first load and some life: what a merchant finds there is what is there."""

import re
import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import date
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote

import pytest
import requests
from playwright.sync_api import Page, sync_playwright

from support.programs import pipe
from support.sandbox import Sandbox, running_sandbox

NASTY = '<img src=x onerror="alert(1)">'
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A sandbox in which a shop was loaded, and went on for an hour."""
    folder = tmp_path_factory.mktemp("page")
    more = ("--import-seconds", "0.1")
    with running_sandbox(customers=15, orders=30, order_rows=60, per_second=1000, more=more) as sandbox:
        settings = sandbox.tap_config(requests_per_second=900)
        pipe(folder, settings, sandbox.target_config(folder / "state"))
        sandbox.clock(advance=3600)
        sandbox.change("customers", first_customer(sandbox)["id"], firstname=NASTY, lastname="Übel")
        sandbox.move(seed=2, new_customers=2, new_orders=3, payments=1)
        done = pipe(folder, settings, sandbox.target_config(folder / "state"))
        assert (done.tap.code, done.target.code) == (0, 0), done.tap.err + done.target.err
        yield sandbox


def first_customer(sandbox: Sandbox) -> dict[str, Any]:
    """One of the shop's customers."""
    return sandbox.shop("customers")[0]


class Text(HTMLParser):
    """What a reader sees, cell by cell."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self.tags: Counter[str] = Counter()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        assert not any(name.startswith("on") for name, _ in attrs), f"{tag} with a script in it"

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.pieces.append(" ".join(data.split()))


def found(sandbox: Sandbox, words: str) -> requests.Response:
    """What a search leads to."""
    return requests.post(sandbox.url + "/search", data={"q": words}, timeout=30)


def shown(sandbox: Sandbox, path: str, status: int = 200, **query: str) -> Text:
    """A page, as it is read."""
    return read(requests.get(sandbox.url + path, params=query, timeout=30), status)


def read(answer: requests.Response, status: int = 200) -> Text:
    """What stands in an answer. No page holds a script."""
    assert answer.status_code == status, answer.text[-500:]
    assert "script-src" not in answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    text = Text()
    text.feed(answer.text)
    assert text.tags["script"] == 0
    assert text.tags["main"] == text.tags["h1"] == 1
    return text


def test_the_overview_counts_what_is_there(filled: Sandbox) -> None:
    text = " ".join(shown(filled, "/").pieces)
    status = filled.status()
    for database in status["copernica"]["databases"]:
        assert f"{database['name']} {database['profiles']} profiles" in text
        for collection in database["collections"]:
            assert f"{collection['name']} {collection['subprofiles']} subprofiles" in text
    assert f"Customers {status['shop']['customers']} " in text
    ran = len(filled.followups(run=True))
    assert f"{ran} follow-ups ran" in text
    assert f"SEOshop {status['requests']['seoshop']} requests" in text


def test_looking_is_no_request(filled: Sandbox) -> None:
    before = filled.last()
    for path in ("/", "/requests", "/campaigns", "/imports", "/databases/1", "/style.css"):
        requests.get(filled.url + path, timeout=30)
    assert filled.last() == before


def test_a_person_is_found_by_name_and_by_address(filled: Sandbox) -> None:
    person = filled.profiles("SEOshop")[0]
    fields = person["fields"]
    for words in (
        fields["email"].upper(),
        f"{fields['lastname']} {fields['firstname']}",
        fields["email"][:9],
    ):
        assert f'href="/profiles/{person["ID"]}"' in found(filled, words).text
    assert "No one in Copernica has" in " ".join(read(found(filled, "no such person")).pieces)
    assert "Übel" in " ".join(read(found(filled, "ÜBEL")).pieces)


def test_no_address_tells_of_a_person(filled: Sandbox) -> None:
    """Addresses stand in histories, in bookmarks and in the logs of proxies."""
    person = filled.profiles("SEOshop")[0]["fields"]
    searched = found(filled, person["email"])
    own = {person[name].casefold() for name in ("email", "firstname", "lastname") if person[name]}
    pages = ["/", "/requests", "/campaigns", "/databases/1", "/profiles/1", "/imports"]
    texts = [searched.text, *(requests.get(filled.url + path, timeout=30).text for path in pages)]
    addresses = [
        searched.url,
        *(link for text in texts for link in re.findall(r'(?:href|action)="([^"]*)"', text)),
    ]
    assert len(addresses) > 50
    assert not [address for address in addresses for word in own if word in unquote(address).casefold()]


def test_what_people_typed_is_only_ever_text(filled: Sandbox) -> None:
    person = next(one for one in filled.profiles("SEOshop") if one["fields"]["lastname"] == "Übel")
    pages = [
        requests.get(filled.url + path, timeout=30) for path in (f"/profiles/{person['ID']}", "/databases/1")
    ]
    for answer in (*pages, found(filled, "Übel"), found(filled, NASTY)):
        assert "<img" not in answer.text
    assert NASTY in " ".join(shown(filled, f"/profiles/{person['ID']}").pieces)


def test_a_profile_shows_every_value_and_where_the_shop_has_it(filled: Sandbox) -> None:
    for person in filled.profiles("SEOshop"):
        page = requests.get(f"{filled.url}/profiles/{person['ID']}", timeout=30).text
        told = unescape(re.sub(r"<[^>]+>", " ", page.replace("<wbr>", "")))
        for name, value in person["fields"].items():
            assert name in told
            assert " ".join(value.split())[:40] in " ".join(told.split()), name
        if person["fields"]["firstname"]:
            row = re.search(r"<code>firstname</code></th>.*?</tr>", page, re.DOTALL)
            assert row is not None
            assert "customer · <code>firstname</code>" in row[0]


def test_the_arithmetic_behind_derived_fields_leads_to_their_values(filled: Sandbox) -> None:
    own_habit = 0
    for person in filled.profiles("SEOshop"):
        fields = person["fields"]
        if fields["next_order_at"] in ("", "0000-00-00"):
            continue
        text = " ".join(shown(filled, f"/profiles/{person['ID']}").pieces)
        expected = date.fromisoformat(fields["next_order_at"])
        own_habit += bool(
            re.search(rf"gaps [\d ,and]+ days, median [\d.]+: next on {expected:%-d %B %Y}", text)
        )
        assert f"next on {expected:%-d %B %Y}" in text
        assert f"orders_365 {fields['orders_365']} {fields['orders_365']} order" in text
        if fields["favourite_brand"]:
            assert f"favourite_brand {fields['favourite_brand']} {fields['favourite_brand']} " in text
        recency, frequency, money = fields["rfm"]
        scores = f"recency {recency}, frequency {frequency}, money {money}, where 5 is best"
        told = f"segment {fields['segment']} "
        assert told + scores in text or f"{told}the last order is more than 24 months ago" in text
    assert own_habit


def test_values_are_written_for_people(filled: Sandbox) -> None:
    person = next(one for one in filled.profiles("SEOshop") if one["fields"]["seoshop_id"])
    pieces = shown(filled, f"/profiles/{person['ID']}").pieces
    assert not {"True", "False", "None"} & set(pieces)
    assert {"yes", "no"} & set(pieces)


def test_an_order_stands_beside_the_shops(filled: Sandbox) -> None:
    order = filled.subprofiles("Orders")[0]
    text = " ".join(shown(filled, f"/subprofiles/{order['ID']}").pieces)
    assert order["fields"]["number"] in text
    assert "In the shop" in text
    owner = " ".join(shown(filled, f"/profiles/{order['profile']}").pieces)
    assert "not there yet" not in owner
    assert f"subprofile {order['ID']}" in owner


def test_campaigns_and_requests_add_up(filled: Sandbox) -> None:
    followups = filled.followups()
    text = " ".join(shown(filled, "/campaigns").pieces)
    assert f"{sum(one['runs'] for one in followups):,} follow-ups ran" in text
    assert f"{sum(not one['runs'] for one in followups):,} were kept quiet" in text
    side = filled.requests(side="seoshop")
    assert f"SEOshop {len(side):,} requests" in " ".join(shown(filled, "/requests").pieces)
    rows = [one for one in side if re.search(r"/orders/\d+/products\.json", one["path"])]
    listed = " ".join(shown(filled, "/requests", kind="shop-rows").pieces)
    assert f"of {len(rows):,}" in listed or len(rows) <= 50


def test_campaigns_name_people_and_orders_and_stand_together_by_person(filled: Sandbox) -> None:
    page = requests.get(f"{filled.url}/campaigns", timeout=30).text
    newest = filled.followups()[::-1][:50]
    people = {int(one["ID"]): one["fields"] for name in filled.databases() for one in filled.profiles(name)}
    orders = {int(one["ID"]): one["fields"]["number"] for one in filled.subprofiles("Orders")}
    groups = re.findall(r'<tr class="group">.*?</tbody>', page, re.DOTALL)
    assert len(groups) < len(newest)
    by_person: dict[int, list[dict[str, Any]]] = {}
    for one in newest:
        by_person.setdefault(one["profile"], []).append(one)
    for group, (profile, ones) in zip(groups, by_person.items(), strict=True):
        told = unescape(re.sub(r"<[^>]+>", " ", group))
        name = people[profile].get("lastname") or people[profile].get("title") or people[profile]["email"]
        assert name[:40] in told
        for one in ones:
            if one["subprofile"] in orders:
                assert f"Orders {orders[one['subprofile']]}" in told
    assert "profile 1<" not in page


def test_requests_name_what_they_are_about_and_stand_together_by_kind(filled: Sandbox) -> None:
    page = requests.get(f"{filled.url}/requests?kind=shop-rows", timeout=30).text
    told = unescape(re.sub(r"<[^>]+>", " ", page))
    numbers = {one["id"]: one["number"] for one in filled.shop("orders")}
    rows = re.findall(r"orders/(\d+)/(?:<wbr>)?products", page)
    assert rows
    assert all(f"order {numbers[int(row)]}" in told for row in rows)
    everything = requests.get(f"{filled.url}/requests", timeout=30).text
    assert 1 < everything.count('<tr class="group">') < 50


def test_why_a_variant_did_not_arrive_stands_beside_the_number(filled: Sandbox) -> None:
    products = {one["id"] for one in filled.shop("products")}
    alone = [one for one in filled.shop("variants") if one["product"]["resource"]["id"] not in products]
    there = next(one for one in filled.databases()["SEOshop_products"]["collections"])
    assert there["subprofiles"] == len(filled.shop("variants")) - len(alone)
    text = " ".join(shown(filled, "/").pieces)
    said = re.search(r"Variants (\d+) of products? that|Variants (\d+) of a product that", text)
    assert bool(alone) == (said is not None)


def test_imports_are_told_row_by_row(filled: Sandbox) -> None:
    for one in filled.imports():
        text = " ".join(shown(filled, f"/imports/{one['ID']}").pieces)
        assert "created" in text or "updated" in text


@pytest.mark.parametrize(
    "path", ["/profiles/999999", "/databases/x", "/imports/0", "/subprofiles/9" + "9" * 30, "/no/such/page"]
)
def test_what_is_not_there_is_said(filled: Sandbox, path: str) -> None:
    assert "Not found" in " ".join(shown(filled, path, 404).pieces)


@pytest.fixture(scope="module")
def browser_page() -> Iterator[Page]:
    """A phone's window in a browser of the machine."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.skip(f"no browser on this machine: looked for {', '.join(BROWSERS)}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser.new_page(viewport={"width": 390, "height": 844})
        browser.close()


CONTRAST = """() => {
  const parsed = text => {
    const [red, green, blue, alpha = 1] = text.match(/[\\d.]+/g).map(Number);
    return [red, green, blue, alpha];
  };
  const over = (top, below) => [0, 1, 2].map(i => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);
  const ground = element => {
    const own = element ? parsed(getComputedStyle(element).backgroundColor) : parsed("rgb(255, 255, 255)");
    return own[3] === 1 ? own : over(own, ground(element.parentElement));
  };
  const light = colour => colour.slice(0, 3).map(part => part / 255)
    .map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
    .reduce((sum, part, i) => sum + part * [0.2126, 0.7152, 0.0722][i], 0);
  const ratio = (ink, below) => {
    const [low, high] = [light(over(ink, below)), light(below)].sort((one, two) => one - two);
    return (high + 0.05) / (low + 0.05);
  };
  const told = [];
  const tell = (element, style, text) => {
    let faded = 1;
    for (let one = element; one; one = one.parentElement) faded *= getComputedStyle(one).opacity;
    const ink = parsed(style.color);
    ink[3] *= faded;
    told.push([text.trim().slice(0, 40), Math.round(ratio(ink, ground(element)) * 100) / 100]);
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (texts.currentNode.data.trim() && element.checkVisibility())
      tell(element, getComputedStyle(element), texts.currentNode.data);
  }
  const field = document.querySelector("input");
  tell(field, getComputedStyle(field, "::placeholder"), field.placeholder);
  return told;
}"""
"""The contrast of each text that is seen with what lies below it, as WCAG 2.1 reckons it."""

ENOUGH = 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_from_its_ground(
    filled: Sandbox, browser_page: Page, scheme: Literal["light", "dark"]
) -> None:
    """WCAG 2.1, 1.4.3 (level AA); also large text, which may have less."""
    browser_page.emulate_media(color_scheme=scheme)
    for path in (
        "/",
        "/profiles/1",
        "/subprofiles/1",
        "/requests?kind=read",
        "/campaigns",
        "/imports/1",
        "/search",
    ):
        browser_page.goto(filled.url + path)
        told: list[tuple[str, float]] = browser_page.evaluate(CONTRAST)
        assert len(told) > 10
        assert [one for one in told if one[1] < ENOUGH] == [], path


CUT = """() => [...document.querySelectorAll("main *")].filter(one =>
  one.checkVisibility() && !one.closest(".unseen") && getComputedStyle(one).position !== "absolute"
  && (one.getBoundingClientRect().right > innerWidth + 0.5 || one.scrollWidth > one.clientWidth + 1)
  && getComputedStyle(one).display !== "inline"
).map(one => one.outerHTML.slice(0, 120))"""
"""What does not fit into the window or its own box: a reader would have to find out that it goes on."""

PAGES = (
    "/",
    "/profiles/1",
    "/subprofiles/1",
    "/databases/1",
    "/collections/1",
    "/requests",
    "/campaigns",
    "/imports",
    "/imports/1",
    "/nowhere",
)


@pytest.mark.parametrize("path", PAGES)
def test_nothing_is_cut_on_a_phone(filled: Sandbox, browser_page: Page, path: str) -> None:
    browser_page.set_viewport_size({"width": 375, "height": 812})
    browser_page.goto(filled.url + path)
    assert browser_page.evaluate("document.documentElement.scrollWidth") <= 375
    assert browser_page.evaluate(CUT) == []
    assert browser_page.evaluate("document.querySelector('header').getBoundingClientRect().height") < 120


BROKEN_WORDS = """() => {
  const broken = [];
  const texts = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const node = texts.currentNode;
    if (!node.parentElement.checkVisibility()) continue;
    for (const word of node.data.matchAll(/[\\p{L}\\p{N}]{2,16}/gu)) {
      const range = document.createRange();
      range.setStart(node, word.index);
      range.setEnd(node, word.index + word[0].length);
      const lines = new Set([...range.getClientRects()].map(one => Math.round(one.top)));
      if (lines.size > 1) broken.push(word[0]);
    }
  }
  return broken;
}"""
"""Words of up to 16 letters that go on in the next line."""


@pytest.mark.parametrize("width", [390, 760, 1180])
def test_no_word_is_broken(filled: Sandbox, browser_page: Page, width: int) -> None:
    before = browser_page.viewport_size
    browser_page.set_viewport_size({"width": width, "height": 844})
    for path in ("/profiles/1", "/subprofiles/1", "/requests", "/campaigns", "/imports"):
        browser_page.goto(filled.url + path)
        assert browser_page.evaluate(BROKEN_WORDS) == [], path
    if before is not None:
        browser_page.set_viewport_size(before)


def test_a_merchant_finds_a_person_on_a_phone(filled: Sandbox, browser_page: Page, tmp_path: Path) -> None:
    person = next(one["fields"] for one in filled.profiles("SEOshop") if one["fields"]["order_count"] > "0")
    said: list[str] = []
    browser_page.on("console", lambda message: said.append(message.text))
    browser_page.goto(filled.url)
    browser_page.get_by_role("searchbox").fill(person["email"])
    browser_page.get_by_role("button", name="Search").click()
    browser_page.get_by_role("link", name=f"{person['firstname']} {person['lastname']}").first.click()
    browser_page.get_by_text(person["email"]).first.wait_for()
    browser_page.get_by_role("link", name="Orders", exact=True).click()
    browser_page.get_by_role("heading", name="Orders", exact=False).first.wait_for()
    for name in ("API requests", "Campaigns", "Imports", "Overview"):
        browser_page.get_by_role("navigation", name="Main").get_by_role("link", name=name).click()
        browser_page.wait_for_url(re.compile("/$" if name == "Overview" else name.split()[-1].lower()))
        assert browser_page.title().startswith(name)
        width: int = browser_page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert width <= 0, f"{name} is wider than a phone"
    browser_page.screenshot(path=tmp_path / "phone.png")
    assert said == []
