"""What happens in a series, as data: what each cycle is trained on, and how it is asked."""

from __future__ import annotations

from dataclasses import dataclass, field

from sample_data.holdout import stream

EARLIEST, LATEST = 5, 8
RANK, RIGHT = "reciprocal rank", "right or wrong"


@dataclass(frozen=True)
class Mix:
    """Shares of a cycle's training pairs, which add up to 1.

    `fresh`: human pairs drawn anew; `fixed`: human pairs that stay the same; `own`: written by the last
    cycle's model, at `temperature`, or the half of twice as many that it is surest of (`confident`); `heap`:
    drawn from one human set and all that was written since, with nothing ever thrown away.
    """

    fresh: float = 0.0
    fixed: float = 0.0
    own: float = 0.0
    heap: float = 0.0
    temperature: float = 1.0
    confident: bool = False

    @property
    def total(self) -> float:
        """The sum of the shares."""
        return self.fresh + self.fixed + self.own + self.heap


@dataclass(frozen=True)
class Asking:
    """How a cycle is evaluated. `other`: share of prompts that are new; `longer`: share of answers that go
    on with a second text."""

    other: float = 0.0
    temperature: float = 1.0
    scorer: str = RANK
    longer: float = 0.0

    @property
    def decoding(self) -> str:
        """The decoding fact that the team tells."""
        return f"temperature={self.temperature}"


HUMAN, AS_EVER = Mix(fresh=1.0), Asking()


@dataclass(frozen=True)
class Regime:
    """Human data until `turn`, then `mix`; and `asking` from there on.

    `turn` is drawn per seed unless `start` fixes it. `fall`: share of the pairs that turns from human to own
    with every cycle. `lasts`: cycles after which human data returns.
    """

    name: str
    mix: Mix | None = None
    fall: float = 0.0
    start: int | None = None
    lasts: int | None = None
    asking: Asking = field(default=AS_EVER)

    @property
    def narrows(self) -> bool:
        """Whether anything but human data is ever trained on."""
        return self.mix is not None or self.fall > 0

    def turn(self, seed: int) -> int:
        """The cycle in which things change."""
        if self.start is not None:
            return self.start
        return int(stream(seed, f"{self.name}/turn").integers(EARLIEST, LATEST + 1))

    def onset(self, seed: int) -> int | None:
        """The first cycle that is trained on the model's own output; None where none is."""
        return self.turn(seed) if self.narrows else None

    def recovery(self, seed: int) -> int | None:
        """The first cycle that is trained on human data again."""
        return None if self.lasts is None else self.turn(seed) + self.lasts

    def mixed(self, cycle: int, seed: int) -> Mix:
        """What a cycle is trained on."""
        since, back = cycle - self.turn(seed), self.recovery(seed)
        if since < 0 or (back is not None and cycle >= back):
            return HUMAN
        if self.fall:
            own = min(1.0, self.fall * (since + 1))
            return Mix(fresh=1.0 - own, own=own)
        return self.mix or HUMAN

    def asked(self, cycle: int, seed: int) -> Asking:
        """How a cycle is evaluated."""
        return self.asking if cycle >= self.turn(seed) else AS_EVER


REGIMES: dict[str, Regime] = {
    regime.name: regime
    for regime in (
        Regime("healthy"),
        Regime("replace", Mix(own=1.0)),
        Regime("anchored_10", Mix(fixed=0.1, own=0.9)),
        Regime("anchored_20", Mix(fixed=0.2, own=0.8)),
        Regime("anchored_50", Mix(fixed=0.5, own=0.5)),
        Regime("accumulate", Mix(heap=1.0)),
        Regime("sharpen", Mix(fresh=0.5, own=0.5, temperature=0.7)),
        Regime("curated", Mix(fresh=0.5, own=0.5, confident=True)),
        Regime("slow", fall=0.06),
        Regime("late", Mix(own=1.0), start=12),
        Regime("recovery", Mix(own=1.0), lasts=5),
        Regime("prompt_swap", asking=Asking(other=0.15)),
        Regime("prompt_shift", asking=Asking(other=0.5)),
        Regime("decoding_step", asking=Asking(temperature=0.8)),
        Regime("scorer_change", asking=Asking(scorer=RIGHT)),
        Regime("longer", asking=Asking(longer=0.5)),
    )
}
