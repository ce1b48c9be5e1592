"""Where the demo keeps what, and how its programs find the sandbox."""

import os
from pathlib import Path

ROOT = Path(__file__).parents[1]
PROGRAMS = ROOT / ".venv" / "bin"
DEMO = ROOT / ".demo"
SHOP = DEMO / "sandbox"
"""The sandbox's own data: the shop, Copernica, the clock."""
SANDBOX_LOG = DEMO / "sandbox.log"
SANDBOX_NOTE = DEMO / "sandbox.json"
"""Process and address of the sandbox that runs."""
RUN_LOG = DEMO / "meltano.log"
CHART = DEMO / "win_back_180.svg"
STATE = ROOT / "state" / "sandbox"
"""Bookmarks, ledger and rejects of the environment `sandbox`: they belong to the data in `SHOP`."""

# Public: they open a sandbox on loopback and nothing else.
SEOSHOP_KEY = "0123456789abcdef0123456789abcdef"
SEOSHOP_SECRET = "fedcba9876543210fedcba9876543210"  # noqa: S105
COPERNICA_TOKEN = "sandbox-api-token-0123456789abcdef"  # noqa: S105


def environment(url: str) -> dict[str, str]:
    """The environment of `meltano run` against the sandbox at `url`.

    All of the caller's settings of tap, target and Meltano are left out. (`.env` is not read: it belongs to
    the environment `prod`.)
    """
    ours = ("TAP_", "TARGET_", "MELTANO_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return kept | {
        "PATH": f"{PROGRAMS}{os.pathsep}{os.environ.get('PATH', '')}",
        "XDG_STATE_HOME": str(ROOT / ".meltano" / "xdg"),
        "MELTANO_PROJECT_ROOT": str(ROOT),
        "MELTANO_DISABLE_USER_YAML_CONFIG": "true",
        "NO_COLOR": "1",
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
        "TAP_SEOSHOP_API_KEY": SEOSHOP_KEY,
        "TAP_SEOSHOP_API_SECRET": SEOSHOP_SECRET,
        "TAP_SEOSHOP_API_URL": f"{url}/seoshop",
        "TAP_SEOSHOP_LANGUAGE": "nl",
        "TAP_SEOSHOP_CLUSTER": "eu1",
        "TARGET_COPERNICA_API_TOKEN": COPERNICA_TOKEN,
        "TARGET_COPERNICA_API_URL": f"{url}/copernica/v4",
        "TARGET_COPERNICA_AUTH_URL": f"{url}/copernica/authenticate",
        "TARGET_COPERNICA_DATABASE": "SEOshop",
        "TARGET_COPERNICA_STATE_DIR": str(STATE / "target-copernica"),
    }
