"""The image of `deploy/container`, built and run by a container engine, else in an empty root.

In the empty root this machine's own Debian stands in for the base image: `/usr`, `/etc` and `/var` are seen,
and stay as they are; nothing else of the machine is there. The steps are those of the Dockerfile; user,
rights, mounts and a root that cannot be written are those of the compose file.
"""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import reduce
from pathlib import Path
from typing import Any, Protocol

import yaml

from support.programs import ROOT

PLACE = ROOT / "deploy" / "container"
IMAGE = "seoshop-copernica-test"
SERVICE: dict[str, Any] = yaml.safe_load((PLACE / "compose.yml").read_text())["services"]["ticks"]
AS_IMAGE = {name: SERVICE[name] for name in ("cap_drop", "read_only", "tmpfs")}
"""What the compose file asks for, with the image's own user and program."""

MOUNTS = """\
mount --bind "$ROOT" "$ROOT"
for part in usr etc var; do
    upper=$LAYERS/upper/$part work=$LAYERS/work/$part
    mkdir -p "$ROOT/$part" "$upper" "$work"
    mount -t overlay overlay -o "lowerdir=/$part,upperdir=$upper,workdir=$work" "$ROOT/$part"
done
mount -t proc proc "$ROOT/proc"
mount -t tmpfs tmpfs "$ROOT/dev"
for device in null zero random urandom; do
    : > "$ROOT/dev/$device"
    mount --bind "/dev/$device" "$ROOT/dev/$device"
done
ln -s /proc/self/fd "$ROOT/dev/fd"
"""


class Container(Protocol):
    """What builds the image and runs it."""

    name: str

    def build(self) -> None:
        """Build the image."""

    def command(self, service: Mapping[str, Any], *arguments: str) -> list[str]:
        """The command line that runs the image with `arguments`, as `service` asks."""

    def stop(self, running: "subprocess.Popen[bytes]") -> None:
        """Stop what is at work, with all that it has started."""


def instructions() -> Iterator[tuple[str, str]]:
    """Those of the Dockerfile."""
    text = re.sub(r"^#.*\n", "", (PLACE / "Dockerfile").read_text(), flags=re.MULTILINE)
    given: dict[str, str] = {}
    for line in text.replace("\\\n", " ").splitlines():
        word, _, rest = line.strip().partition(" ")
        if word == "ARG":
            name, _, value = rest.partition("=")
            given[f"${{{name}}}"] = value
        elif word:
            yield word, reduce(lambda said, name: said.replace(name, given[name]), given, rest.strip())


def health() -> str:
    """The command of the image's health check."""
    return next(rest.partition(" CMD ")[2].strip() for word, rest in instructions() if word == "HEALTHCHECK")


@dataclass
class Engine:
    """Docker.

    Attributes:
        folder: Holds `shops.yml` and `secrets`.
    """

    folder: Path
    name: str = "docker"

    def build(self) -> None:
        """Build the image, and forget the volume of an earlier test."""
        subprocess.run(["docker", "volume", "rm", "--force", IMAGE], check=True, capture_output=True)
        file = str(PLACE / "Dockerfile")
        subprocess.run(["docker", "build", "--file", file, "--tag", IMAGE, str(ROOT)], check=True)

    def command(self, service: Mapping[str, Any], *arguments: str) -> list[str]:
        """See `Container`."""
        said = ["docker", "run", "--rm", "--init", "--network=host", f"--volume={IMAGE}:/data"]
        said += [f"--volume={self.folder}/shops.yml:/data/shops.yml:ro"]
        said += [f"--volume={self.folder}/secrets:/run/secrets:ro"]
        said += [f"--tmpfs={place}" for place in service["tmpfs"]] + ["--read-only"] * service["read_only"]
        said += [f"--cap-drop={one}" for one in service["cap_drop"]]
        said += [f"--cap-add={one}" for one in service.get("cap_add", [])]
        said += [f"--security-opt={one}" for one in service.get("security_opt", [])]
        said += [f"--user={service['user']}"] if "user" in service else []
        program, *more = service.get("entrypoint", [""])
        return [*said, *([f"--entrypoint={program}"] if program else []), IMAGE, *more, *arguments]

    def stop(self, running: "subprocess.Popen[bytes]") -> None:
        """See `Container`."""
        running.terminate()


@dataclass
class EmptyRoot:
    """A folder that is the root of its processes.

    Attributes:
        folder: Holds `shops.yml` and `secrets`, and all that is made.
    """

    folder: Path
    name: str = "an empty root"
    _env: dict[str, str] = field(default_factory=lambda: {"PATH": "/usr/sbin:/usr/bin"})
    _user: str = "root"
    _entrypoint: list[str] = field(default_factory=list)

    def build(self) -> None:
        """Carry out the steps of the Dockerfile."""
        root = self.folder / "root"
        for name in ("proc", "dev", "tmp", "run", "opt"):
            (root / name).mkdir(parents=True, exist_ok=True)
        (root / "tmp").chmod(0o1777)
        for name in ("bin", "sbin", "lib", "lib64"):
            (root / name).symlink_to(f"usr/{name}")
        for word, rest in instructions():
            if word == "RUN":
                subprocess.run(self._entered(MOUNTS, "/", ["sh", "-euc", rest]), check=True)
            elif word == "COPY":
                self._copy(*rest.split())
            elif word == "ENV":
                self._env |= dict(pair.split("=", 1) for pair in shlex.split(rest))
            elif word == "USER":
                self._user = rest
            elif word == "ENTRYPOINT":
                self._entrypoint = json.loads(rest)
            else:
                assert word in {"FROM", "WORKDIR", "VOLUME", "HEALTHCHECK", "CMD"}, word

    def command(self, service: Mapping[str, Any], *arguments: str) -> list[str]:
        """See `Container`."""
        root = '"$ROOT"'
        mounts = MOUNTS + f'[ -d "$LAYERS/volume" ] || cp -a {root}/data "$LAYERS/volume"\n'
        mounts += ': >> "$LAYERS/volume/shops.yml"\n'
        mounts += "".join(f"mount -t tmpfs tmpfs {root}{place}\n" for place in service["tmpfs"])
        mounts += f'mount --bind "$LAYERS/volume" {root}/data\nmkdir -p {root}/run/secrets\n'
        for source, place in (("shops.yml", "data/shops.yml"), ("secrets", "run/secrets")):
            mounts += f'mount --bind "$LAYERS/{source}" {root}/{place}\n'
        if service["read_only"]:
            mounts += "".join(f"mount -o remount,ro {root}/{part}\n" for part in ("usr", "etc", "var"))
            mounts += f"mount -o remount,bind,ro {root}\n"
        assert service["cap_drop"] == ["ALL"]
        kept = "".join(f",+{one.lower()}" for one in service.get("cap_add", []))
        user = service.get("user", self._user)
        said = ["setpriv", f"--bounding-set=-all{kept}", "--inh-caps=-all", "--no-new-privs"]
        said += [f"--reuid={user}", f"--regid={user}", "--init-groups"]
        return self._entered(
            mounts, "/data", [*said, *service.get("entrypoint", self._entrypoint), *arguments]
        )

    def stop(self, running: "subprocess.Popen[bytes]") -> None:
        """See `Container`."""
        os.killpg(running.pid, signal.SIGKILL)  # the first process of a container heeds no other from outside

    def _entered(self, mounts: str, place: str, command: list[str]) -> list[str]:
        said = [
            "env",
            "-i",
            f"--chdir={place}",
            *(f"{name}={value}" for name, value in self._env.items()),
            *command,
        ]
        names = f"set -eu\nLAYERS={shlex.quote(str(self.folder))}\nROOT=$LAYERS/root\n"
        script = f'{names}{mounts}exec chroot "$ROOT" {shlex.join(said)}\n'
        return ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", script]

    def _copy(self, source: str, place: str) -> None:
        """Files of the repository; those below /etc lie in the layer above this machine's."""
        first, _, rest = place.lstrip("/").partition("/")
        goal = self.folder / ("upper" if first in {"usr", "etc", "var"} else "root") / first / rest
        goal.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, goal, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        else:
            shutil.copy(ROOT / source, goal)
            goal.chmod(0o644)


def at_hand(folder: Path) -> Container | None:
    """An engine that answers, else an empty root where this machine and its user can make one."""
    if (
        shutil.which("docker")
        and not subprocess.run(["docker", "info"], capture_output=True, check=False).returncode
    ):
        return Engine(folder)
    debian = Path("/etc/debian_version").exists() and shutil.which("setpriv") and shutil.which("unshare")
    return EmptyRoot(folder) if debian and os.geteuid() == 0 else None
