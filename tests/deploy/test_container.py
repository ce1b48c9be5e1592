"""The image: ticks as a user of its own below a root that cannot be written, its health, cron."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from fleet.waiting import until
from support.container import AS_IMAGE, PLACE, SERVICE, Container, at_hand, health, instructions
from support.programs import ROOT
from support.sandbox import COPERNICA_TOKEN, SEOSHOP_KEY, SEOSHOP_SECRET, Sandbox

SECRETS = {"api_key": SEOSHOP_KEY, "api_secret": SEOSHOP_SECRET, "api_token": COPERNICA_TOKEN}


COMPOSED = [
    (file.name, name, service)
    for file in sorted(PLACE.glob("compose*.yml"))
    for name, service in yaml.safe_load(file.read_text())["services"].items()
    if "build" in service
]


def fill(folder: Path, sandbox: Sandbox) -> None:
    """What stands beside the compose file: a list of one shop, and its secrets."""
    (folder / "secrets").mkdir()
    for name, value in SECRETS.items():
        (folder / "secrets" / f"alpha_{name}").write_text(value)
    shop = {
        "secrets": {name: f"file:/run/secrets/alpha_{name}" for name in SECRETS},
        "cadence": "1m",
        "tap": {"api_url": f"{sandbox.url}/seoshop"},
        "target": {
            "api_url": f"{sandbox.url}/copernica/v4",
            "auth_url": f"{sandbox.url}/copernica/authenticate",
        },
    }
    (folder / "shops.yml").write_text(yaml.safe_dump({"shops": {"alpha": shop}}))


def done(container: Container, *arguments: str, **service: object) -> "subprocess.CompletedProcess[str]":
    command = container.command(AS_IMAGE | service, *arguments)
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=250)


def test_the_dockerfile_copies_what_is_there_and_the_image_is_not_roots() -> None:
    said = list(instructions())
    copied = [rest.split()[0] for word, rest in said if word == "COPY"]
    assert "deploy/requirements.lock" in copied
    assert [source for source in copied if not (ROOT / source).exists()] == []
    open_to = (ROOT / ".dockerignore").read_text().splitlines()
    assert [source for source in copied if f"!{source}" not in open_to] == []
    assert [rest for word, rest in said if word == "USER"] == ["seoshop"]
    assert [rest for word, rest in said if word == "VOLUME"] == ["/data"]


@pytest.mark.parametrize(("file", "name", "service"), COMPOSED, ids=[one[1] for one in COMPOSED])
def test_a_service_has_no_more_rights_than_it_needs(file: str, name: str, service: dict[str, Any]) -> None:
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert ("user" in service) == (name == "ticks"), "root is cron alone"
    assert set(service.get("cap_add", [])) <= {"SETGID", "SETUID"}
    assert service["volumes"] == ["data:/data", "./shops.yml:/data/shops.yml:ro"]
    lock = (ROOT / service["build"].get("args", {}).get("LOCK", "deploy/requirements.lock")).read_text()
    needed = ["dagster", "dagster-postgres", "dagster-webserver"] if "dagster" in file else ["singer-sdk"]
    assert [
        package for package in needed if not re.search(rf"^{package}(\[.*\])?==", lock, re.MULTILINE)
    ] == []
    for path in re.findall(r"/opt/(dagster/[a-z.]+)", str(service.get("command"))):
        assert (ROOT / "deploy" / path).is_file()


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_image_keeps_a_shop_true(
    tmp_path: Path,
    sandbox: Sandbox,
    record_property: Callable[[str, str], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    fill(tmp_path, sandbox)
    container = at_hand(tmp_path)
    if container is None:
        pytest.skip("no container engine answers, and an empty root needs Debian and root")
    record_property("run in", container.name)
    with capsys.disabled():
        sys.stdout.write(f"\nThe image is built and run in {container.name}.\n")
    container.build()

    shell = {"entrypoint": ["sh", "-c"]}
    said = done(container, "id -u; touch /data/x /tmp/x && rm /data/x; touch /x /etc/x /opt/x", **shell)
    assert said.stdout == "10001\n"
    assert said.stderr.count("Read-only file system") == 3, said.stderr
    assert done(container, health(), **shell).returncode == 1, "it never ran"
    first = done(container, "tick", "alpha")
    assert first.returncode == 0, first.stderr
    assert done(container, health(), **shell).returncode == 0
    people = sandbox.profiles("SEOshop")
    assert len(people) == sandbox.status()["shop"]["customers"]

    sandbox.clock(advance=300)
    sandbox.move(seed=4, new_customers=2)
    with subprocess.Popen(container.command(SERVICE), start_new_session=True) as ticking:
        try:
            until(lambda: ticking.poll() is not None or len(sandbox.profiles("SEOshop")) > len(people))
            assert ticking.poll() is None
        finally:
            container.stop(ticking)  # in the middle of a tick, mostly: the next one goes on
    last = done(container, "tick", "alpha")
    assert last.returncode == 0, last.stderr
    assert len(sandbox.profiles("SEOshop")) == sandbox.status()["shop"]["customers"]
    assert done(container, health(), **SERVICE | shell).returncode == 0, "also where root asks"
    owners = "find /data -not -user seoshop -not -name shops.yml"
    assert done(container, owners, **shell).stdout == "", "root has left nothing of its own"
