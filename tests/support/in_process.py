"""The commands in the test's own process: what they refuse, without a second of start-up for each case."""

import logging
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click
import pytest


@contextmanager
def undisturbed() -> Iterator[None]:
    """Put back what a command changes in its process: handlers of signals, and where warnings go."""
    kept = {signum: signal.getsignal(signum) for signum in (signal.SIGINT, signal.SIGTERM)}
    hook = sys.excepthook
    try:
        yield
    finally:
        sys.excepthook = hook
        logging.captureWarnings(capture=False)
        for signum, handler in kept.items():
            signal.signal(signum, handler)


def refusal(command: click.Command, error: type[Exception], *arguments: object) -> str:
    """What `command` says when it ends with exit code 2: by `error`, or by click's own of a wrong option."""
    with undisturbed(), pytest.raises((error, click.ClickException)) as raised:
        command.main([str(one) for one in arguments], standalone_mode=False)
    assert getattr(raised.value, "exit_code", None) in {1, 2}  # click's own has 1, and ends with 2
    said = raised.value
    return said.format_message() if isinstance(said, click.ClickException) else str(said)
