"""A program that has done its imports and waits: asked to, it forks, and the fork is a run of the program.

Run as `launcher.py SCRIPT DESCRIPTOR MODULE ...`: the script that the installer made, a socket on which
requests come, and what to import. A request is four descriptors: standard input, output and error, and a
socket of the run's own. On that one come arguments, folder and environment as JSON, up to its end. Back go,
each as a `NUMBER`, the id of the process and, when it has ended, its exit code (-N where signal N ended it).

The fork does what Python does with a script: it runs it as `__main__` and leaves the end to the interpreter,
with its flushing, its `atexit` and its exit codes.
"""

import gc
import importlib
import io
import json
import os
import runpy
import signal
import socket
import struct
import sys
import tempfile
import threading
from contextlib import suppress

NUMBER = struct.Struct("i")


def serve(control: socket.socket) -> None:
    """Fork at each request; returns in the process that is to be the program."""
    interrupted = signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the tests and the programs
    while True:
        asked, descriptors, _, _ = socket.recv_fds(control, 1, 4)
        if not asked:
            sys.exit()
        if not os.fork():
            break
        for descriptor in descriptors:
            os.close(descriptor)
        with suppress(ChildProcessError):  # none is left
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
    control.close()
    *streams, last = descriptors
    life = socket.socket(fileno=last)
    if process := os.fork():
        for descriptor in (*range(3), *streams):
            os.close(descriptor)
        life.sendall(NUMBER.pack(process))
        _, status = os.waitpid(process, 0)
        life.sendall(NUMBER.pack(os.waitstatus_to_exitcode(status)))
        os._exit(0)
    signal.signal(signal.SIGINT, interrupted)
    with life, life.makefile() as request:
        arguments, folder, environment = json.load(request)
    for number, descriptor in enumerate(streams):
        os.dup2(descriptor, number)
        os.close(descriptor)
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        stream = _opened(number, like=getattr(sys, name))
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    sys.argv = arguments
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    tempfile.tempdir = None  # found anew, in this environment


def _opened(descriptor: int, like: io.TextIOWrapper) -> io.TextIOWrapper:
    """A standard stream as Python opens it; it may have been told not to buffer what is written."""
    unbuffered = descriptor and like.write_through
    return io.TextIOWrapper(
        open(descriptor, "wb" if descriptor else "rb", 0 if unbuffered else -1, closefd=False),
        encoding=like.encoding,
        errors=like.errors,
        newline="\n",
        line_buffering=like.line_buffering or os.isatty(descriptor),
        write_through=like.write_through,
    )


if __name__ == "__main__":
    _, script, number, *modules = sys.argv
    sys.path[0] = os.path.dirname(script)  # noqa: PTH120  # what is imported here, a program has imported
    for module in modules:
        importlib.import_module(module)
    assert threading.active_count() == 1, "a thread would not be in the fork"
    gc.collect()
    gc.freeze()
    serve(socket.socket(fileno=int(number)))
    runpy.run_path(script, run_name="__main__")
