"""How the sandbox behaves; replaced as a whole when an admin call changes something."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from sandbox.switches import Switch, checked

SEOSHOP_KEY = "0123456789abcdef0123456789abcdef"
SEOSHOP_SECRET = "fedcba9876543210fedcba9876543210"  # noqa: S105  # public: opens a sandbox on loopback only
SEOSHOP_WRITE_KEY = "89abcdef0123456789abcdef01234567"
SEOSHOP_WRITE_SECRET = "76543210fedcba9876543210fedcba98"  # noqa: S105  # likewise; of a key that may write customers
COPERNICA_TOKEN = "sandbox-api-token-0123456789abcdef"  # noqa: S105  # public as well

WINDOWS = 3
IMPORTS_END = ("done", "halfway", "never")


@dataclass(frozen=True)
class Settings:
    """Settings of a running sandbox.

    Attributes:
        rate_limits: requests allowed per 5 minutes, per hour and per day on the SEOshop side.
        per_second: requests allowed within any one second on the SEOshop side.
        languages: languages that are active in the shop; the first is the default one.
        window_factor: by what the three windows are shorter than the real ones; the rest of a window is told
            in real seconds all the same.
        import_seconds: how long a Copernica import takes, on the sandbox's clock.
        imports_end: whether imports that begin now do all their rows, fail after half of them, or never end.
        may_write: whether Copernica's token has the rights to change anything.
        switches: choices that differ from the switches' defaults, by name.
    """

    rate_limits: tuple[int, int, int] = (300, 3000, 12000)
    per_second: int = 20
    languages: tuple[str, ...] = ("nl", "en", "de")
    window_factor: float = 1.0
    import_seconds: float = 2.0
    imports_end: str = IMPORTS_END[0]
    may_write: bool = True
    switches: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def switch(self, switch: Switch) -> str:
        """What `switch` is set to."""
        return self.switches.get(switch.name, switch.default)


def parse_rate_limits(text: str) -> tuple[int, int, int]:
    """Read `300/3000/12000`: limits per 5 minutes, hour and day.

    Raises:
        ValueError: not three positive whole numbers.
    """
    parts = text.split("/")
    if len(parts) != WINDOWS or not all(part.isdecimal() and int(part) > 0 for part in parts):
        raise ValueError(f"rate limits are three numbers above 0, such as 300/3000/12000, not {text!r}")
    five_minutes, hour, day = (int(part) for part in parts)
    return five_minutes, hour, day


def changed(settings: Settings, changes: Mapping[str, Any], switches: tuple[Switch, ...]) -> Settings:
    """`settings` with `changes` as `POST /admin/settings` takes them.

    Raises:
        ValueError: an unknown setting, or a value it cannot take.
    """
    values: dict[str, Any] = {}
    for name, value in changes.items():
        match name:
            case "rate_limits":
                values[name] = parse_rate_limits(str(value))
            case "per_second":
                values[name] = _number(name, value, whole=True, least=1)
            case "window_factor":
                values[name] = _number(name, value, whole=False, least=1)
            case "may_write" if isinstance(value, bool):
                values[name] = value
            case "imports_end" if value in IMPORTS_END:
                values[name] = value
            case "import_seconds":
                values[name] = _number(name, value, whole=False, least=0)
            case "languages" if isinstance(value, list) and value:
                values[name] = tuple(str(code) for code in value)
            case "switches" if isinstance(value, dict):
                values[name] = MappingProxyType({**settings.switches, **checked(switches, value)})
            case _:
                raise ValueError(f"no setting {name} that takes {value!r}")
    return replace(settings, **values)


def _number(name: str, value: object, *, whole: bool, least: int) -> float:
    kinds = int if whole else (int, float)
    if isinstance(value, bool) or not isinstance(value, kinds) or value < least:
        raise ValueError(
            f"{name} takes a {'whole ' if whole else ''}number of at least {least}, not {value!r}"
        )
    return value
