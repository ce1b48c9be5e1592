"""What starts ticks: systemd timers or lines for cron, one for each shop, spread over its interval."""

from __future__ import annotations

import hashlib
import shlex
from string import Template
from typing import TYPE_CHECKING, Final

from seoshop_copernica.shops import seconds_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from seoshop_copernica.fleet import Fleet

__all__ = ["crontab", "interval", "offset", "units"]

UNIT: Final = "seoshop-copernica@"
_GRACE: Final = 300
_HOUR: Final = 60
_DAY: Final = 24

_SERVICE: Final = Template("""\
# Written by `seoshop-copernica timers systemd`: one run of the shop %i.
[Unit]
Description=SEOshop to Copernica: %i
After=network-online.target
Wants=network-online.target

[Service]
Type=oneshot
User=$user
WorkingDirectory=$home
EnvironmentFile=-/etc/seoshop-copernica/%i.env
ExecStart=$program --home $quoted_home tick %i --if-due
# A tick ends its programs after the shop's own `time_limit`. This is the longest of them, and a little more.
TimeoutStartSec=$limit
# A run passes the signal on to its programs, and ends after the request in hand.
KillMode=mixed
TimeoutStopSec=120
UMask=0077
NoNewPrivileges=yes
ProtectSystem=strict
ReadWritePaths=$state $meltano
ProtectHome=read-only
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectHostname=yes
ProtectProc=invisible
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectControlGroups=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
CapabilityBoundingSet=
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM
RemoveIPC=yes
""")
_TIMER: Final = """\
# Written by `seoshop-copernica timers systemd`. When each shop has its turn stands in its own when.conf.
[Unit]
Description=SEOshop to Copernica, on time: %i

[Timer]
OnCalendar=*:0/5
AccuracySec=1s

[Install]
WantedBy=timers.target
"""


def interval(cadence: str) -> int:
    """Minutes between two looks whether a shop is due.

    A timer can strike evenly only in parts of an hour or of a day; for what is neither, it looks more often,
    and the tick itself keeps the cadence.

    Args:
        cadence: Of the shop.
    """
    seconds = seconds_of(cadence)
    minutes = 5 if seconds is None else seconds // 60
    even = (
        _HOUR % minutes == 0 if minutes < _HOUR else minutes % _HOUR == 0 and _DAY % (minutes // _HOUR) == 0
    )
    return minutes if even else min(minutes, 5) if _HOUR % min(minutes, 5) == 0 else 1


def offset(name: str, minutes: int) -> int:
    """Seconds from the beginning of an interval to a shop's turn: always the same for a name."""
    digest = hashlib.sha256(name.encode()).digest()
    return int.from_bytes(digest[:8]) % (minutes * 60)


def units(fleet: Fleet, home: Path, program: Path, user: str) -> dict[str, str]:
    """The files for systemd, by their paths below its folder.

    Args:
        fleet: The list.
        home: The project's folder.
        program: The command `seoshop-copernica`.
        user: Who runs it.
    """
    limit = max(seconds_of(shop.time_limit) or 0 for shop in fleet.shops.values()) + _GRACE
    found = {
        f"{UNIT}.service": _SERVICE.substitute(
            home=str(home).replace("%", "%%"),
            quoted_home=_quoted(home),
            program=_quoted(program),
            state=_quoted(home / "state"),
            meltano=_quoted(f"-{home / '.meltano'}"),
            user=user,
            limit=limit,
        ),
        f"{UNIT}.timer": _TIMER,
    }
    for name, shop in fleet.shops.items():
        when = _on_calendar(name, interval(shop.cadence))
        found[f"{UNIT}{name}.timer.d/when.conf"] = f"[Timer]\nOnCalendar=\nOnCalendar={when}\n"
    return found


def crontab(fleet: Fleet, home: Path, program: Path) -> Iterable[str]:
    """A line for cron for each shop.

    Args:
        fleet: The list.
        home: The project's folder.
        program: The command `seoshop-copernica`.
    """
    # Cron takes % for the end of a line.
    command = shlex.join([str(program), "--home", str(home)]).replace("%", r"\%")
    for name, shop in fleet.shops.items():
        minutes = interval(shop.cadence)
        minute, second = divmod(offset(name, minutes), 60)
        if minutes < _HOUR:
            when = f"{minute}-59/{minutes} *"
        else:
            hour, minute = divmod(minute, _HOUR)
            when = f"{minute} {hour}-23/{minutes // _HOUR}"
        yield f"{when} * * * sleep {second}; {command} tick {name} --if-due --own-log"


def _quoted(path: Path | str) -> str:
    """A path as a word of a systemd unit."""
    text = str(path).replace("%", "%%")
    return f'"{text}"' if " " in text else text


def _on_calendar(name: str, minutes: int) -> str:
    minute, second = divmod(offset(name, minutes), 60)
    if minutes < _HOUR:
        return f"*:{minute}/{minutes}:{second:02}"
    hour, minute = divmod(minute, _HOUR)
    hours = f"{hour}/{minutes // _HOUR}" if minutes < _HOUR * _DAY else str(hour)
    return f"{hours}:{minute:02}:{second:02}"
