"""What tap and target ask of a sandbox can be recorded, and replayed with the same answers."""

import subprocess
from pathlib import Path

import pytest

from support.programs import BIN, pipe
from support.sandbox import Sandbox

SHOP = ("--customers", "20", "--orders", "40", "--order-rows", "100", "--import-seconds", "0.2")


@pytest.mark.slow
def test_two_runs_are_replayed(tmp_path: Path) -> None:
    file = tmp_path / "scenario.jsonl"
    command: list[str | Path] = [
        BIN / "sandbox",
        "record",
        file,
        "--port",
        "0",
        "--per-second",
        "1000",
        *SHOP,
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            sandbox = Sandbox.at(process.stdout.readline().split()[-1])
            for _ in range(2):
                tap = sandbox.tap_config(requests_per_second=900)
                done = pipe(tmp_path, tap, sandbox.target_config(tmp_path / "state"))
                assert (done.tap.code, done.target.code) == (0, 0), done.tap.err + done.target.err
                sandbox.clock(advance=3600)
                sandbox.move(seed=2, new_customers=2, new_orders=3, payments=1)
        finally:
            process.terminate()
    steps = len(file.read_text("utf-8").split("\n")) - 2
    replayed = subprocess.run([BIN / "sandbox", "replay", file], capture_output=True, text=True, check=False)
    assert replayed.stdout.splitlines() == [f"{steps} of {steps} answers are the same."]
    assert steps > 200
