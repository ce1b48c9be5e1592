"""What can happen in a scenario: a table of acts by kind, of which each module declares one kind."""

from chaos.judge.acts import baskets, consent, copernica, machine, runs, shop, signals, way
from chaos.judge.acts.act import ACTS, Act

__all__ = [
    "ACTS", "Act", "baskets", "consent", "copernica", "machine", "runs", "shop", "signals", "way",
]  # fmt: skip
