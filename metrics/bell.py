"""What pressing the alarm bell came to, in words: rows of a table, and the sentences about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from metrics import lead_time
from metrics.core import METRICS, NEEDED_TO_VOTE, RULES
from metrics.lead_time import EARLIER, HEALTHY, OURS, STANDARD
from metrics.trials import ranges

Result = Mapping[str, Any]


def rows(result: Result) -> list[dict[str, str]]:
    """One row for each kind and strength: what came, after how many cycles, what saw it, what quality did."""
    return [_row(cell) for cell in result["injections"]]


def _row(cell: Result) -> dict[str, str]:
    alert = cell["alert"] or next(iter(cell["alerts"]), None)
    return {
        "narrowing": cell["label"],
        "of outputs": share(cell),
        "alert": f"{alert['severity']}{worse(alert)}" if alert else "none",
        "after cycles": str(alert["after"]) if alert else "",
        "seen by": seen_by(alert) if alert else "",
        "mean score": cell["quality"],
    }


def share(cell: Result) -> str:
    """How many of the outputs were changed, as it is written: '20 %'."""
    return f"{100 * cell['strength']:.0f} %"


def worse(alert: Result) -> str:
    """What an alert turned into later, where it did: ', then collapse'."""
    return f", then {alert['worst']}" if alert["worst"] != alert["severity"] else ""


def seen_by(alert: Result) -> str:
    """The metric, slice and rule of an alert."""
    known = METRICS.all().get(alert["metric"] or "")
    what = known.label if known else alert["metric"] or "all together"
    where = f" of {alert['slice']}" if alert["slice"] else ""
    return f"{what}{where}" + ("" if alert["rule"] == "early_warning" else f", by {raised_by(alert['rule'])}")


def raised_by(rule: str) -> str:
    """The rule of an alert in words: a built-in one by its label, or one of the user's own."""
    known = RULES.all().get(rule)
    return known.label.lower() if known and known.builtin else "your rule"


def conclusion(result: Result) -> str:
    """Whether the bell rings, and for what it does not."""
    if result["rings"]:
        but = " that rules look for" if result["unseen"] else ""
        return f"The bell rings for every narrowing{but} that was planted in 20 % of the outputs or more."
    strengths: dict[str, list[str]] = {}
    for cell in result["silent"]:
        strengths.setdefault(cell["label"].lower(), []).append(share(cell))
    silent = [f"{kind} in {_listed(mine)} of the outputs" for kind, mine in strengths.items()]
    return f"The bell does not ring for {_listed(silent)}."


def sentences(result: Result) -> list[str]:
    """What the copies were made of, what could not be planted, what quality did, and what comes by chance."""
    of = f"cycle{'s' if len(result['sources']) > 1 else ''} {ranges(result['sources'])}"
    said = [
        f"The copies are as recorded up to cycle {result['last_cycle']}; the further cycles of each,"
        f" {result['cycles']} in number, were made from the recorded {of}."
    ]
    # A result that an older version kept does not say it.
    if result.get("untested") is not None:
        said.append(
            f"The evaluation that begins at cycle {result['untested']} is not tested: its baseline does not"
            " stand yet, so that no alert could come."
        )
    if not _is_judged(result):
        said.append(
            f"No copy was judged as a whole: too few outputs vote ({NEEDED_TO_VOTE})."
            " That none is flagged says nothing."
        )
    said += [f"{c['label']} could not be planted at every strength. {c['why']}" for c in result["impossible"]]
    said += [f"{c['label']} rings no bell. {c['why']}" for c in result["unseen"]]
    untouched = result["untouched"]
    return [*said, _quality(result), _simulated(untouched["simulated"]), _recorded(untouched["recorded"])]


def _is_judged(result: Result) -> bool:
    """Whether any copy had a status but learning; of results that do not say it, taken as so."""
    told = [status for cell in result["injections"] for status in cell.get("statuses", ["healthy"])]
    return not told or any(status not in ("learning", "not_comparable") for status in told)


def _quality(result: Result) -> str:
    found = {cell["quality"] for cell in result["injections"]}
    if found == {"unknown"}:
        return "Mean score is not known."
    was = "in some copies lower than in the baseline" if "dropped" in found else "steady in every copy"
    return f"Mean score was {was}: scores stay as they were recorded."


def _simulated(found: Result) -> str:
    flagged = f"{found['flagged'] or 'none'} of {found['series']} simulated copies"
    ends = f"95 % interval {100 * found['low']:.1f} to {100 * found['high']:.1f} %"
    was, share = "was" if found["flagged"] < 2 else "were", 100 * found["share"]
    said = f"Where nothing is planted, {flagged} of {found['cycles']} cycles after the baseline {was} flagged"
    return f"{said}: {share:.1f} % ({ends}).{_real()}"


def _real() -> str:
    """How often the benchmark flags retrains that are no simulation: drawn ones swing further than these."""
    asked = [r for r in lead_time.study().rows if r.world not in EARLIER]
    own = [r for r in asked if (r.setting, r.regime, r.contender) == (STANDARD, HEALTHY, OURS)]
    shares = sorted(100 * r.false_share for r in own)
    if not shares:
        return ""
    return (
        " They swing further than real retrains: of the benchmark's healthy series"
        f" {shares[0]:.1f} to {shares[-1]:.1f} % are flagged, by world."
    )


def _recorded(found: Result) -> str:
    was = "was" if found["flagged"] < 2 else "were"
    return (
        f"Of {found['series']} copies that go on with recorded cycles as they are,"
        f" {found['flagged'] or 'none'} {was} flagged."
    )


def _listed(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
