"""What the executable can do beside reading: each file here is a command."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
from singer_sdk.plugin_base import SingerCommand

from tap_seoshop.commands.export_person import export_person

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_seoshop.api.client import Client

__all__ = ["with_commands"]


class _Group(SingerCommand, click.Group):
    """The SDK's command, with commands below it."""


def with_commands(tap: click.Command, client: Callable[[Any], Client]) -> click.Group:
    """Put the commands beside the tap.

    Args:
        tap: The SDK's command.
        client: Makes of the option `--config` the shop that the commands ask.
    """

    @click.pass_context
    def begin(context: click.Context, /, **options: Any) -> None:  # noqa: ANN401  # options of the SDK's
        if context.invoked_subcommand is None:
            assert tap.callback is not None  # noqa: S101  # the SDK's has one
            tap.callback(**options)
        else:
            context.obj = lambda: client(options["config"])

    return _Group(
        name=tap.name,
        callback=begin,
        params=tap.params,
        help="Read a shop and write Singer messages to standard output; or run a COMMAND.",
        context_settings=tap.context_settings,
        invoke_without_command=True,
        logger=getattr(tap, "logger"),  # noqa: B009  # of the SDK's class of command
        commands={"export-person": export_person},
    )
