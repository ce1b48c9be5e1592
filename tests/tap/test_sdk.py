"""The SDK's own tests of a tap, against the sandbox."""

from collections.abc import Iterator

import pytest
from singer_sdk.testing import SuiteConfig, get_tap_test_class

from support.sandbox import running_sandbox
from tap.conftest import FAST, NOT_SERVED, SMALL
from tap_seoshop.tap import TapSeoshop

# The SDK makes its tap when this module is imported: the sandbox's address is filled in later.
CONFIG = {"api_key": "0123456789abcdef0123456789abcdef", "api_secret": "fedcba9876543210fedcba9876543210"}


class TapOfSandbox(TapSeoshop):
    """The tap, pointed at the sandbox of this module."""

    url = ""

    @property
    def _api_url(self) -> str:
        return f"{type(self).url}/seoshop"


@pytest.fixture(scope="module", autouse=True)
def sandbox_of_module() -> Iterator[None]:
    with running_sandbox(**SMALL) as sandbox:
        TapOfSandbox.url = sandbox.url
        yield


TestTapSeoshop = get_tap_test_class(
    tap_class=TapOfSandbox,
    config={**CONFIG, **FAST},
    suite_config=SuiteConfig(max_records_limit=50, ignore_no_records_for_streams=NOT_SERVED),
)
