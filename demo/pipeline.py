"""One `meltano run tap-seoshop target-copernica` as a program, with its log in a file."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

from demo.places import PROGRAMS, ROOT, RUN_LOG, environment

COMMAND = ("meltano", "--environment=sandbox", "run", "tap-seoshop", "target-copernica")
SECONDS_BETWEEN_LOOKS = 0.5

TROUBLE = re.compile(r"(?:tap-seoshop|target-copernica): (?P<line>.+)")
ERROR = re.compile(r"^\S+ \[error *\]")
NOISE = re.compile(r"^\S+Z? \[\w+ *\] *")


def run(url: str, look: Callable[[], None]) -> int:
    """Run the pipeline against the sandbox at `url`, calling `look` while it works; its exit code."""
    with RUN_LOG.open("w") as log:
        process = subprocess.Popen(
            [PROGRAMS / COMMAND[0], *COMMAND[1:]],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=ROOT,
            env=environment(url),
        )
        try:
            while True:
                try:
                    return process.wait(SECONDS_BETWEEN_LOOKS)
                except subprocess.TimeoutExpired:
                    look()
        except BaseException:
            process.terminate()
            process.wait()
            raise


def reason(log: Path = RUN_LOG) -> str:
    """Why the run in `log` failed, in one line: what tap or target said, else the last error or line."""
    lines = [line for line in log.read_text().split("\n") if line.strip()]
    said = [found["line"] for line in lines if (found := TROUBLE.search(line))]
    errors = [line for line in lines if ERROR.match(line)]
    last = (said or errors or lines or ["it said nothing"])[-1]
    return NOISE.sub("", last).strip()
