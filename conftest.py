"""What holds for all suites: no test depends on how fast a machine is."""

from hypothesis import HealthCheck, Phase, settings

ANY_MACHINE = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("any-machine", ANY_MACHINE)
settings.register_profile(  # for `make mutants`: quick, and the same examples each time
    "mutants",
    ANY_MACHINE,
    max_examples=50,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
)
settings.load_profile("any-machine")
