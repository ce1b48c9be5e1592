"""Scenarios of one seed, played in a process of their own."""

from chaos.judge.machine import Tally, judged
from chaos.judge.sabotage import TAP, TARGET

__all__ = ["played"]

SABOTAGE = {"tap-seoshop": TAP, "target-copernica": TARGET}


def played(seed: int, scenarios: int, pipeline: str, sabotage: str | None, *, shrink: bool) -> Tally:
    """Play scenarios; what a verdict or a failure says stands in the tally.

    Args:
        seed: The same one plays the same scenarios.
        scenarios: How many.
        pipeline: How tap and target are run.
        sabotage: The name of what is broken on purpose, if anything.
        shrink: Whether a scenario that fails is made smaller first.
    """
    try:
        broken = {program: broken[sabotage] for program, broken in SABOTAGE.items() if sabotage in broken}
        return judged(seed, scenarios, pipeline, shrink=shrink, sabotage=broken)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is a verdict with a seed
        notes = "\n".join(getattr(error, "__notes__", ()))
        return Tally(verdicts=[f"seed {seed}: {type(error).__name__}: {error}\n{notes}"])
