"""What tap and target do not load at their start, and that it is there when it is used after all."""

import sys

import pytest

from support.programs import BIN, run

PROBE = """
import sys
from {package}.spared import spare
spare()
import {package}.command
assert not {{"fsspec", "joblib.parallel"}} & set(sys.modules), "loaded at the start"
from singer_sdk.helpers._batch import UPath
from singer_sdk.target_base import Parallel, delayed
assert UPath("/tmp/x").name == "x"
assert Parallel(n_jobs=1)([delayed(abs)(-2)]) == [2]
assert "fsspec" in sys.modules
"""


@pytest.mark.parametrize("package", ["tap_seoshop", "target_copernica"])
def test_what_is_for_batches_and_draining_is_loaded_only_when_it_is_used(package: str) -> None:
    ended = run(BIN / "python", "-c", PROBE.format(package=package))
    assert ended.code == 0, ended.log


def test_a_module_that_is_loaded_already_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    from tap_seoshop.spared import spare  # noqa: PLC0415  # the module under test

    monkeypatch.setitem(sys.modules, "upath", sys)
    spare()
    assert sys.modules["upath"] is sys
