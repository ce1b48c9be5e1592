"""A program that the tests fork is the program that a user starts: in what it finds, and in how it ends."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support import forked
from support.programs import Ended, run

TELL = """
import json, logging, os, resource, signal, sys, tempfile, threading, warnings

streams = (sys.stdin, sys.stdout, sys.stderr)
print(json.dumps({
    "name": __name__,
    "file": __file__,
    "arguments": sys.argv,
    "folder": os.getcwd(),
    "temporary": tempfile.gettempdir(),
    "environment": dict(os.environ),
    "path": sys.path,
    "flags": repr(sys.flags),
    "descriptors": [number for number in range(3, 64) if os.path.exists(f"/dev/fd/{number}")],
    "streams": [repr(stream.buffer).split(" ")[0] + stream.encoding for stream in streams],
    "errors": [stream.errors for stream in streams],
    "line buffered": [stream.line_buffering for stream in streams],
    "seekable": [stream.seekable() for stream in streams],
    "same": [sys.__stdin__ is sys.stdin, sys.__stdout__ is sys.stdout, sys.__stderr__ is sys.stderr],
    "signals": {number.name: repr(signal.getsignal(number)).split(" at ")[0] for number in signal.Signals},
    "blocked": sorted(signal.pthread_sigmask(signal.SIG_BLOCK, [])),
    "group": os.getpgid(0),
    "session": os.getsid(0),
    "mask": os.umask(0),
    "limits": [resource.getrlimit(kind) for kind in range(resource.RLIM_NLIMITS)]
    if hasattr(resource, "RLIM_NLIMITS") else [],
    "threads": threading.active_count(),
    "warnings": repr(warnings.filters),
    "log": [repr(logging.root), len(logging.root.handlers)],
    "input": sys.stdin.read(),
}))
"""
ENDS = {
    "well": "print('said')",
    "a number": "import sys; print('said'); sys.exit(3)",
    "words": "import sys; sys.exit('said')",
    "an error": "print('said'); raise ValueError('no')",
    "at exit": "import atexit; atexit.register(print, 'last')",
    "at once": "import os; print('said'); os._exit(5)",
    "another thread": "import threading, time; threading.Timer(0.2, print, ['late']).start()",
    "a thread given up": "import threading as t; t.Thread(target=t.Event().wait, daemon=True).start()",
    "killed": "import os, signal; print('said'); os.kill(os.getpid(), signal.SIGKILL)",
    "interrupted": "import os, signal; os.kill(os.getpid(), signal.SIGINT)",
    "terminated": "import os, signal; os.kill(os.getpid(), signal.SIGTERM)",
    "half a character": r"import sys; sys.stdout.buffer.write(b'1'); sys.stderr.write('\udc80')",
    "no one listens": "import os, sys; r, w = os.pipe(); os.close(r); os.dup2(w, 1); print('said')",
    "its standard output closed": "import os; os.close(1); print('said')",
}


@pytest.fixture
def both_ways(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Any]]:
    """Make a program, and do something with it: started, and forked."""

    def do(text: str, act: Callable[[Path], Any]) -> list[Any]:
        script = tmp_path / "program"
        script.write_text(f"#!{sys.executable}\n{text}\n")
        script.chmod(0o700)
        started = act(script)
        monkeypatch.setitem(forked.IMPORTS, script, ["json", "logging", "resource", "tempfile"])
        assert forked.can_be_forked([str(script)], {})
        return [started, act(script)]

    return do


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_it_finds_the_same(unbuffered: str, both_ways: Callable[..., list[Any]], tmp_path: Path) -> None:
    def tells(script: Path) -> Any:
        env = {"MORE": "é", "TMPDIR": str(tmp_path), "PYTHONUNBUFFERED": unbuffered}
        ended = run(script, "--an", "argument", env=env, cwd=tmp_path, messages="é\r\n\u2028")
        assert ended.code == 0, ended.err
        return json.loads(ended.out)

    started, copied = both_ways(TELL, tells)
    assert started["input"] == "é\r\n\u2028"
    assert copied == started


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_it_ends_the_same(end: str, unbuffered: str, both_ways: Callable[..., list[Any]]) -> None:
    def ends(script: Path) -> tuple[int, str, list[str]]:
        ended: Ended = run(script, env={"PYTHONUNBUFFERED": unbuffered})
        return ended.code, ended.out, ended.err.splitlines()[-1:]

    started, copied = both_ways(ENDS[end], ends)
    assert copied == started
