"""What else the executable can do: each file here is a command, loaded when it is asked for by its name.

`target-copernica [--config FILE] [COMMAND]`. Without a command it is the Singer target. The file
`forget_tombstones.py` holds the command `forget-tombstones` under the name `command`.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click
from singer_sdk.plugin_base import SingerCommand

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["with_commands"]


class _Group(SingerCommand, click.Group):
    """The SDK's command, with the files of this folder below it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return sorted(module.name.replace("_", "-") for module in pkgutil.iter_modules(__path__))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        command: click.Command = import_module(f"{__name__}.{cmd_name.replace('-', '_')}").command
        return command


def with_commands(target: click.Command, settings: Callable[[Any], Any]) -> click.Group:
    """Put the commands beside the target.

    Args:
        target: The SDK's command.
        settings: Makes of the option `--config` what the commands get: a target with valid settings.
    """

    @click.pass_context
    def begin(context: click.Context, /, **options: Any) -> None:  # noqa: ANN401 - options of the SDK's
        if context.invoked_subcommand is None:
            assert target.callback is not None  # noqa: S101 - the SDK's has one
            target.callback(**options)
        else:
            context.obj = settings(options["config"])

    return _Group(
        name=target.name,
        callback=begin,
        params=target.params,
        help="Read Singer messages from standard input and write them to Copernica; or run a COMMAND.",
        context_settings=target.context_settings,
        invoke_without_command=True,
        logger=getattr(target, "logger"),  # noqa: B009 - of the SDK's class of command
    )
