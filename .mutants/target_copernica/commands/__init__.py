"""What else the executable can do: subcommands beside the target itself.

`target-copernica [--config FILE] [COMMAND]`. Without a command it is the Singer target.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
from singer_sdk.plugin_base import SingerCommand

from target_copernica.commands.apply import apply
from target_copernica.commands.check import check
from target_copernica.commands.doctor import doctor
from target_copernica.commands.forget_tombstones import forget_tombstones
from target_copernica.commands.plan import plan
from target_copernica.commands.replay import replay
from target_copernica.commands.status import status

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["with_commands"]

COMMANDS = (plan, apply, doctor, check, status, replay, forget_tombstones)


class _Group(SingerCommand, click.Group):
    """The SDK's command, with others below it."""


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
        commands={command.name or "": command for command in COMMANDS},
        logger=getattr(target, "logger"),  # noqa: B009 - of the SDK's class of command
    )
