"""A shell can complete the commands, and every program says its version."""

import shutil
import tomllib

import pytest

from support.programs import BIN, ROOT, run

VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]


def test_bash_takes_the_completion_and_knows_the_commands() -> None:
    said = run(BIN / "seoshop-copernica", "completion", "bash")
    assert said.code == 0, said.log
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("there is no bash here")
    script = f"{said.out}\nCOMP_WORDS=(seoshop-copernica do); COMP_CWORD=1\n_shtab_seoshop_copernica\n"
    done = run(bash, "-c", script + 'printf "%s\\n" "${COMPREPLY[@]}"')
    assert "doctor" in done.out.split(), done.log


@pytest.mark.parametrize("program", ["tap-seoshop", "target-copernica", "sandbox", "seoshop-copernica"])
def test_every_program_says_the_version(program: str) -> None:
    assert VERSION in run(BIN / program, "--version").out
