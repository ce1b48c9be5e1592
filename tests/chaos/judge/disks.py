"""A disk that is full: a small tmpfs in place of a folder, where this process may mount one."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from shutil import copytree, rmtree
from tempfile import TemporaryDirectory

__all__ = ["PAGE", "may_mount", "small_disk"]

PAGE = 4096


@cache
def may_mount() -> bool:
    """Whether a tmpfs can be mounted here: as root, and not in every container."""
    with TemporaryDirectory(prefix="judge-") as folder:
        try:
            _mount(Path(folder), 1)
        except (OSError, subprocess.CalledProcessError):
            return False
        _unmount(Path(folder))
    return True


@contextmanager
def small_disk(folder: Path, free: int) -> Iterator[None]:
    """Have a folder, with all that is in it, stand on a disk of its own.

    Args:
        folder: It is a plain folder again in the end, with what is in it then.
        free: Pages that are free on the disk.
    """
    kept = folder.with_name(f"{folder.name}.kept")
    used = sum(-(-file.stat().st_size // PAGE) for file in folder.rglob("*") if file.is_file())
    folder.rename(kept)
    folder.mkdir(mode=0o700)
    _mount(folder, used + free + 1)  # with no page at all, tmpfs has no limit
    try:
        copytree(kept, folder, dirs_exist_ok=True)
        rmtree(kept)
        yield
    finally:
        copytree(folder, kept, dirs_exist_ok=True)
        _unmount(folder)
        folder.rmdir()
        kept.rename(folder)


def _mount(folder: Path, pages: int) -> None:
    options = f"size={pages * PAGE},mode=0700"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "judge", folder], check=True, capture_output=True)


def _unmount(folder: Path) -> None:
    subprocess.run(["umount", "--lazy", folder], check=True, capture_output=True)
