"""One run of the product as a program, with its log in a file."""

import re
import subprocess
from collections.abc import Callable

from demo.places import PROGRAMS, ROOT, RUN_LOG, environment
from demo.server import DemoError

LOG = str(RUN_LOG.relative_to(ROOT))
COMMAND = ("scripts/run.py", "--log", LOG, "sandbox", "tap-seoshop", "target-copernica")
SECONDS_BETWEEN_LOOKS = 0.5


def run(url: str, look: Callable[[], None]) -> None:
    """Run the pipeline against the sandbox at `url`, calling `look` while it works.

    Raises:
        DemoError: it failed.
    """
    with subprocess.Popen(
        [PROGRAMS / "python", *COMMAND],
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        env=environment(url),
        text=True,
    ) as process:
        try:
            while process.poll() is None:
                try:
                    process.wait(SECONDS_BETWEEN_LOOKS)
                except subprocess.TimeoutExpired:
                    look()
        except BaseException:
            process.terminate()
            process.wait()
            raise
        assert process.stderr is not None  # noqa: S101  # as asked for above
        said = process.stderr.read().strip()
    if process.returncode:
        cause = re.sub(r"^.*?exit code \d+: ", "", (said.splitlines() or ["it said nothing"])[-1])
        raise DemoError(f"the run failed: {cause} (whole log: {LOG})")
