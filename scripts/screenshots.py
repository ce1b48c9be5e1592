"""Take the README's pictures of the sandbox's page: a filled sandbox in a browser of this machine.

`make screenshots`; the pictures stand in docs/.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from playwright.sync_api import ViewportSize, sync_playwright

from support.programs import pipe
from support.sandbox import Sandbox, running_sandbox

ROOT = Path(__file__).parents[1]
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
WINDOW = ViewportSize(width=1180, height=760)


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
        page = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"]).new_page(
            viewport=WINDOW, color_scheme="light"
        )
        for name, path in (("overview", "/"), ("person", person), ("campaigns", "/campaigns")):
            page.goto(sandbox.url + path)
            file = ROOT / "docs" / f"sandbox-{name}.png"
            page.screenshot(path=file)
            sys.stdout.write(f"{file.relative_to(ROOT)}\n")


if __name__ == "__main__":
    main()
