"""The program curl, as the vendors' documentation uses it, pointed at a sandbox instead of their hosts."""

import json
import re
import shlex
import subprocess
from dataclasses import dataclass
from email.message import Message
from email.parser import Parser
from typing import Any

from support.sandbox import Sandbox

HOSTS = {
    "authenticate.copernica.com": "/copernica/authenticate",
    "api.copernica.com": "/copernica",
    "api.webshopapp.com": "/seoshop",
}

QUIETLY = shlex.split("--globoff --silent --show-error --include --noproxy '*' --max-time 60")


@dataclass(frozen=True)
class Answer:
    """What curl has printed: status, headers (in any case) and body."""

    status: int
    headers: Message
    text: str

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.text)


def curl(sandbox: Sandbox, line: str, **words: object) -> Answer:
    """Carry out a line of the documentation.

    Args:
        sandbox: stands in for the hosts of the documentation.
        line: begins with `curl`; `{token}` and the like stand for what is particular to an account.
        words: what to put in their places.
    """
    address = sandbox.url.removeprefix("http://")
    for name, word in words.items():
        line = line.replace(f"{{{name}}}", str(word))
    for host, path in HOSTS.items():
        # Credentials may come before the host.
        line = re.sub(f"https://([^/@ ]*@)?{re.escape(host)}", rf"http://\g<1>{address}{path}", line)
    done = subprocess.run(
        ["curl", *QUIETLY, *shlex.split(line)[1:]], capture_output=True, text=True, check=True, timeout=90
    )
    head, _, body = done.stdout.partition("\n\n")
    first, _, headers = head.partition("\n")
    return Answer(int(first.split()[1]), Parser().parsestr(headers), body)
