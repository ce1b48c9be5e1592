"""Take the pictures of the sandbox's page and of the board, in a browser of this machine.

`make screenshots`; the pictures stand in docs/.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from playwright.sync_api import Browser, ViewportSize, sync_playwright

from fleet.standing import Past
from seoshop_copernica.board import page as board_of
from support.programs import pipe
from support.sandbox import Sandbox, running_sandbox

ROOT = Path(__file__).parents[1]
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
WINDOW = ViewportSize(width=1180, height=760)
PHONE = ViewportSize(width=390, height=844)
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


def filled(sandbox: Sandbox, folder: Path) -> str:
    """A first load, an hour of life and another run; the path of a profile that shows much."""
    tap = sandbox.tap_config(requests_per_second=900)
    for _ in range(2):
        done = pipe(folder, tap, sandbox.target_config(folder / "state"))
        if done.tap.code or done.target.code:
            raise SystemExit(done.tap.err + done.target.err)
        sandbox.clock(advance=3600)
        sandbox.move(seed=3, new_customers=3, new_orders=8, payments=4, shipments=3)
    people = sandbox.profiles("SEOshop")
    changed = {one["profile"] for one in sandbox.followups() if one["trigger"] == "profile changed"}
    best = max(people, key=lambda one: (int(one["ID"]) in changed, sum(map(bool, one["fields"].values()))))
    return f"/profiles/{best['ID']}"


def boards(browser: Browser, folder: Path) -> None:
    """The board of a shop that is well and of one that is not, on a phone, by day and by night."""
    past = Past(folder / "home", datetime(2026, 11, 20, 12, 5, tzinfo=UTC))
    past.shop("alpha", target={"call_budget": {"month": 9000}})
    past.shop("beta")
    past.month("alpha", followups=12)
    past.month("beta", code=3, cause="the shop refuses the key or the secret (HTTP 401)", true_to=None)
    past.rejects("beta", *["the shop's e-mail address is not one"] * 3, "no profile that it belongs to")
    html = board_of([past.status("alpha"), past.status("beta")], past.now)
    for scheme in SCHEMES:
        phone = browser.new_page(viewport=PHONE, color_scheme=scheme)
        phone.set_content(html)
        file = ROOT / "docs" / f"board-{scheme}.png"
        phone.screenshot(path=file, full_page=True)
        sys.stdout.write(f"{file.relative_to(ROOT)}\n")


def main() -> None:
    """Take the pictures."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        raise SystemExit(f"no browser on this machine: looked for {', '.join(BROWSERS)}")
    sizes = {"customers": 120, "orders": 300, "order_rows": 800, "per_second": 1000}
    with (
        running_sandbox(**sizes) as sandbox,
        tempfile.TemporaryDirectory() as folder,
        sync_playwright() as playwright,
    ):
        person = filled(sandbox, Path(folder))
        window = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        boards(window, Path(folder))
        page = window.new_page(viewport=WINDOW, color_scheme="light")
        for name, path in (("overview", "/"), ("person", person), ("campaigns", "/campaigns")):
            page.goto(sandbox.url + path)
            file = ROOT / "docs" / f"sandbox-{name}.png"
            page.screenshot(path=file)
            sys.stdout.write(f"{file.relative_to(ROOT)}\n")


if __name__ == "__main__":
    main()
