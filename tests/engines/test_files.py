"""The files beside the engines' own programs, as far as they can be looked at without a cluster."""

from importlib.metadata import version
from pathlib import Path

import yaml

from support.engines import documented
from support.programs import ROOT

DEPLOY = ROOT / "deploy"


def locked(file: Path) -> dict[str, str]:
    """What a lock file names, with its version."""
    pins = (line.partition(" ;")[0].split("==") for line in file.read_text().splitlines())
    return {name: version for name, version in pins}  # noqa: C416  # mypy knows these pairs only so


def test_the_pods_run_the_documented_command_on_a_volume_of_their_own() -> None:
    values = yaml.safe_load((DEPLOY / "queue" / "values.yaml").read_text())
    controller = values["controllers"]["main"]
    worker = controller["containers"]["worker"]
    assert controller["type"] == "statefulset"
    command = documented("queue", "worker")[-1].replace("$SEOSHOP_VOLUME", "$(SEOSHOP_VOLUME)").split()
    assert ["exec", f".venv-queue/bin/{worker['command'][0]}", *worker["command"][1:]] == command
    image = f"{worker['image']['repository']}:{version('seoshop-copernica')}"
    assert f"{worker['image']['repository']}:{worker['image']['tag']}" == image
    assert f"--tag {image} .\n" in (DEPLOY / "queue" / "README.md").read_text()
    name = values["global"]["fullnameOverride"]
    volumes = [f"{name}-{number}" for number in range(controller["replicas"])]
    assert worker["env"]["SEOSHOP_VOLUMES"].split(",") == volumes
    (claim,) = controller["statefulset"]["volumeClaimTemplates"]
    (image,) = (DEPLOY / "container" / "Dockerfile").read_text().split("SEOSHOP_COPERNICA_HOME=")[1:]
    assert [place["path"] for place in claim["globalMounts"]] == [f"{image.split()[0]}/state"]


def test_both_locks_hold_our_packages_to_what_a_server_runs() -> None:
    server = locked(DEPLOY / "requirements.lock")
    older = {"protobuf", "googleapis-common-protos", *(n for n in server if n.startswith("opentelemetry"))}
    for engine in ("dagster", "queue"):
        beside = locked(DEPLOY / engine / "requirements.lock")
        assert {name for name in server if beside.get(name) != server[name]} <= older
