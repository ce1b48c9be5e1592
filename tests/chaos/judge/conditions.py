"""The conditions of a run: what is wrong with the machine on which forked programs work."""

import ctypes
import os
import resource
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from typing import Any, Self

import requests.adapters

Hook = Callable[[], None]
"""Changes a program within its own process, before it begins."""
BROKEN, CLOSED, FULL = "broken", "closed", "/dev/full"
"""What can be wrong with the standard output of the target."""
NOWHERE = "http://127.0.0.1:9"
"""Nothing listens there: it refuses connections."""
_CAPSET, _CAPABILITIES, _VERSION_3 = {"x86_64": 126, "aarch64": 91}, 0b110, 0x20080522


@dataclass
class Conditions:
    """What is wrong in the next run.

    Attributes:
        hooks: What changes a program within its process, by the program's name.
        input_ends: After so many bytes the target's input is cut.
        longest_file: No file of the target's can become longer than so many bytes: its disk is full.
        output: What is wrong with the target's standard output.
        clock: So many seconds the clock of both programs is off.
        seconds: After so many seconds Meltano is to end the run (`meltano run --timeout`); 0: never.
        refusing: APIs that refuse connections: `seoshop`, `copernica`.
        lasting: Whether all of this goes on until it is mended.
    """

    hooks: dict[str, list[Hook]] = field(default_factory=dict)
    input_ends: int | None = None
    longest_file: int | None = None
    output: str = ""
    clock: int = 0
    seconds: int = 0
    refusing: set[str] = field(default_factory=set)
    lasting: bool = False

    def add(self, hook: Hook, *programs: str) -> None:
        """Change programs."""
        for program in programs:
            self.hooks.setdefault(program, []).append(hook)

    def of(self, program: str) -> Hook:
        """All that changes a program."""

        def changed() -> None:
            if program == "target-copernica":
                self.limit_files_of(0)
            if self.clock:
                shift_clock(self.clock)
            for hook in self.hooks.get(program, ()):
                hook()

        return changed

    def limit_files_of(self, pid: int) -> None:
        """Have the disk be full for a process, as its owner may; 0 is this one."""
        if self.longest_file is not None:
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (self.longest_file, resource.RLIM_INFINITY))

    def limit_files_of_target(self, pid: int, command_line: bytes) -> None:
        """Likewise, if the process is a target that another program started."""
        if b"bin/target-copernica\0" in command_line:
            self.limit_files_of(pid)


def full_for(name: str) -> Hook:
    """The disk is full for the file of this name: what is written to it goes nowhere."""

    def fill() -> None:
        opened = os.open

        def opens(path: Any, flags: int, *given: Any, **options: Any) -> int:
            if flags & os.O_WRONLY and str(path).endswith(name):
                return opened(FULL, os.O_WRONLY)
            return opened(path, flags, *given, **options)

        os.open = opens

    return fill


def obeys_permissions() -> None:
    """Give up root's right to write to what is read-only; others never had it."""
    if os.geteuid():
        return
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(_VERSION_3, 0)
    rights = (ctypes.c_uint32 * 6)()
    number = _CAPSET[os.uname().machine]
    assert libc.syscall(number - 1, header, rights) == 0
    for at in range(2):  # CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH, effective and permitted
        rights[at] &= ~_CAPABILITIES
    assert libc.syscall(number, header, rights) == 0


def shift_clock(seconds: int) -> None:
    """The machine's clock is wrong, as `datetime.now` tells it in the modules of a forked program."""
    apart = timedelta(seconds=seconds)

    class Other(type):
        def __instancecheck__(cls, one: object) -> bool:
            return isinstance(one, datetime)

    class Shifted(datetime, metaclass=Other):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return datetime.now(tz) + apart  # type: ignore[return-value]

    for name, module in list(sys.modules.items()):
        ours = name.startswith(("tap_seoshop", "target_copernica"))
        if ours and getattr(module, "datetime", None) is datetime:
            module.datetime = Shifted  # type: ignore[attr-defined]


def refused_from(first: int, last: int) -> Hook:
    """These requests go to where nothing listens."""

    def refuse() -> None:
        send = requests.adapters.HTTPAdapter.send
        count = iter(range(1, sys.maxsize))

        def sends(self: Any, request: Any, *given: Any, **options: Any) -> requests.Response:
            if first <= next(count) <= last:
                request.url = NOWHERE + request.path_url
            return send(self, request, *given, **options)

        requests.adapters.HTTPAdapter.send = sends  # type: ignore[method-assign]

    return refuse
