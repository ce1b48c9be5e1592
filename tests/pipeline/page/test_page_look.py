"""How the sandbox's page looks in a browser: on a phone, in the dark, to a reader with weak eyes."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Page, sync_playwright

from support.sandbox import Sandbox

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")


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
