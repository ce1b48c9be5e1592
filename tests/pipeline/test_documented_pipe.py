"""The pipe of the docs, as it stands there, from the very first run on."""

import json
import re
from pathlib import Path

from support.programs import ROOT, Ended, run, written
from support.sandbox import Sandbox


def block() -> str:
    """The lines of the page that run the two programs as a pipe."""
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / "docs/pipelines.md").read_text(), re.DOTALL)
    (found,) = [text for text in blocks if "tap-seoshop --config tap.json --state" in text]
    return str(found)


def piped(folder: Path) -> Ended:
    ended = run("sh", "-e", "-c", block(), cwd=folder)
    assert ended.code == 0, ended.log
    assert "tap-seoshop: " not in ended.err
    return ended


def test_the_pipe_works_before_any_state_and_after_a_run_without_one(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    written(tmp_path / "tap.json", sandbox.tap_config(requests_per_second=1000))
    target = sandbox.target_config(tmp_path / "state")
    written(tmp_path / "target.json", {**target, "dry_run": True})
    piped(tmp_path)
    assert (tmp_path / "states.jsonl").read_text() == ""  # a dry run acknowledges nothing
    written(tmp_path / "target.json", target)
    piped(tmp_path)
    assert len(sandbox.profiles("SEOshop")) >= len(sandbox.shop("customers"))
    since = sandbox.last()
    piped(tmp_path)
    assert json.loads((tmp_path / "state.json").read_text())["bookmarks"]
    paths = {one["path"] for one in sandbox.requests(since, side="seoshop")}
    assert not any("/products" in path and "/orders/" in path for path in paths)  # no order's lines again
