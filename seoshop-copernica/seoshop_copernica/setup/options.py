"""The options of `setup`, apart from what it loads: a tick reads them too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seoshop_copernica.setup.values import CLUSTERS

if TYPE_CHECKING:
    import argparse

__all__ = ["add_options"]


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of `setup`. No secret is among them: others on a machine can read command lines."""
    parser.add_argument(
        "shop", nargs="?", default="prod", help="its name; `prod` stands for .env, NAME for .env.NAME"
    )
    parser.add_argument("--cluster", choices=sorted(CLUSTERS), help="where the shop lives")
    parser.add_argument("--language", help="of product titles, two letters; it has to be active in the shop")
    parser.add_argument(
        "--no-input",
        action="store_true",
        help="ask nothing: take key, secret and token from the environment, or from the file as it is",
    )
    run_it = parser.add_mutually_exclusive_group()
    run_it.add_argument("--first-run", action="store_true", help="begin the first run without asking")
    run_it.add_argument(
        "--no-first-run", action="store_true", help="do not ask whether to begin the first run"
    )
