"""How far a first load is, as a bar for a person at a terminal. In a log, the tap's own lines say it."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rich.console import Console

__all__ = ["Load", "Watch", "load_of", "shown"]


class Watch(Protocol):
    """Sees each state that the target acknowledges."""

    def __call__(self, state: Mapping[str, Any]) -> None:
        """See it."""


class Load:
    """How far the first load of order rows is.

    Args:
        done: Orders whose rows have been read.
        total: All of them.
        ready: When it will be done, by the pace and the quota; None where that is not known.
    """

    def __init__(self, done: int, total: int, ready: datetime | None) -> None:
        self.done, self.total, self.ready = done, total, ready

    def words(self, now: datetime) -> str:
        """When it will be done, in local time.

        Args:
            now: To tell today from another day.
        """
        if self.ready is None or self.done >= self.total:
            return ""
        local = self.ready.astimezone(now.tzinfo)
        return f"ready about {local:%H:%M}" if local.date() == now.date() else f"ready about {local:%d %B}"


def load_of(state: Mapping[str, Any]) -> Load | None:
    """What a state says of the first load; None where it says nothing, or all is done.

    Args:
        state: Of tap-seoshop.
    """
    shop = (state.get("bookmarks") or {}).get("shop")
    told = (shop.get("progress") if isinstance(shop, dict) else None) or {}
    done, total, eta = told.get("done"), told.get("total"), told.get("eta")
    if not isinstance(done, int) or not isinstance(total, int) or not 0 <= done < total:
        return None
    return Load(done, total, _moment(eta))


@contextmanager
def shown(console: Console) -> Iterator[Watch]:
    """Show a bar below the lines of the log while a first load is under way.

    Args:
        console: A terminal.
    """
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn  # noqa: PLC0415  # slow to load

    columns = (TextColumn("Rows of old orders"), BarColumn(), MofNCompleteColumn())
    words = TextColumn("{task.description}")
    # Rich hides the cursor: a Ctrl-C that ended the program at once would leave it hidden.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with Progress(*columns, words, console=console, transient=True) as bars:
            task = bars.add_task("", total=None, visible=False)

            def see(state: Mapping[str, Any]) -> None:
                load = load_of(state)
                if load is None:
                    bars.update(task, visible=False)
                    return
                ready = load.words(datetime.now().astimezone())
                bars.update(
                    task, completed=load.done, total=load.total, description=ready, visible=True, refresh=True
                )

            yield see
    finally:
        signal.signal(signal.SIGINT, before)


def _moment(text: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
