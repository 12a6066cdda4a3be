"""How long Hypothesis looks.

Standing searches are short and the same each time. `pytest --hypothesis-profile=long` looks fifty times as long, and
elsewhere each time.
"""

from typing import Any, Final

from hypothesis import HealthCheck, Phase, settings

LONG: Final = "long"
LONGER: Final = 50
UNSHRUNK: Final = (Phase.explicit, Phase.generate)
"""For searches in which each example tries everything and a failure names the one: there is nothing to shrink."""

STANDING: Final = settings(derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
"""Of every search: a machine that is busy with other work fails none."""

settings.register_profile("standing", STANDING)
settings.register_profile(LONG, STANDING, derandomize=False, database=None)
settings.load_profile("standing")


def searching(examples: int, **more: Any) -> settings:
    """The settings of a search that tries so many examples when it is a standing one."""
    is_long = settings.get_current_profile_name().startswith(LONG)
    return settings(
        max_examples=examples * (LONGER if is_long else 1),
        derandomize=not is_long,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        **more,
    )
