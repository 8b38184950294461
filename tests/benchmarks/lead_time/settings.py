"""The standard setting, and the others, each of which changes one thing."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Setting:
    """How a series is evaluated and how unsteady its retrains are.

    `noise`: how far two healthy retrains differ, in standard deviations of the metrics, against the standard
    setting (about; what was reached is measured by `noise.py`). `warm`: the share of a cycle's human pairs
    that are the last cycle's, and by which its peculiarities carry over; classifiers with weights then also
    start from the last cycle's. 0 retrains from nothing on a fresh draw. `sliced`: every prompt has a topic,
    as a user's column 'slice.topic' would say.
    """

    name: str
    prompts: int = 800
    cycles: int = 20
    half_tail: bool = False
    noise: float = 1.0
    warm: float = 0.0
    sliced: bool = False


STANDARD = Setting("standard")
SETTINGS: dict[str, Setting] = {
    setting.name: setting
    for setting in (
        STANDARD,
        replace(STANDARD, name="prompts_300", prompts=300),
        replace(STANDARD, name="prompts_3000", prompts=3_000),
        replace(STANDARD, name="cycles_12", cycles=12),
        replace(STANDARD, name="cycles_40", cycles=40),
        replace(STANDARD, name="half_tail", half_tail=True),
        replace(STANDARD, name="noisy", noise=2.5),
        replace(STANDARD, name="warm", warm=0.8),
        replace(STANDARD, name="noisy_warm", noise=2.5, warm=0.8),
        replace(STANDARD, name="sliced", sliced=True),
    )
}
