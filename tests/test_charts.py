"""Every chart of the folder through what a lineage can bring: nothing, gaps, length, hostile names."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest

from dashboard.charts import CHARTS, Chart
from dashboard.palette import DARK, LIGHT, Palette, contrast
from dashboard.story import Limit, Line, Mark, Moment, Movement, Point, Sight, Story
from metrics.forecasting import Ahead

HOSTILE = '<img src=http://example.org/x><a href="http://example.org">%{y}</a>\u202e\x00'
STATUSES = ("learning", "healthy", "watch", "narrowing", "collapse", "not_comparable")
charts = pytest.mark.parametrize("chart", CHARTS.all().values(), ids=lambda c: c.name)


def point(cycle: int, value: float | None, status: str = "ok") -> Point:
    if value is None:
        return Point(cycle, status, note="8 outputs; 20 are needed.")
    return Point(cycle, status, value, value - 0.02, value + 0.02, 400.0, 0.4, -1.2)


def line(
    values: list[float | None], family: str = "tail", slice: str | None = None, label: str = "Tail recall"
) -> Line:
    points = tuple(point(i, v, "ok" if v is not None else "too_few") for i, v in enumerate(values))
    return Line(label.lower().replace(" ", "_"), label, family, slice, points)


def story(values: list[float | None], *, theme: str = "light", name: str = "a", **facts: object) -> Story:
    moments = tuple(
        Moment(
            i,
            STATUSES[i % len(STATUSES)],
            f"It moved, {name}.",
            i < 4,
            "the decoding changed" if i == 9 else None,
            name,
            (("human", 20.0 + i), ("generative", 80.0)) if i % 2 else (),
            name if i == 2 else None,
        )
        for i in range(len(values))
    )
    lines = (
        line([0.7] * len(values), "quality", label="Mean score"),
        line(values, label=name),
        line(values, "tail", name),
    )
    given = {
        "status": "narrowing",
        "since": len(values) // 2 if values else None,
        "marks": tuple(Mark(i, "watch", "tail_recall", None, name) for i in range(len(values))),
        "limits": (Limit(0.3, "below", "collapse"),),
        "movements": (
            Movement("tail_recall", name, "tail", -3.0),
            Movement("coverage", "Coverage", "coverage", 1.0),
        ),
        "sights": (
            Sight("tail_recall", name, "tail", True, "high", (("tail loss", -3.0), (name, 1.0))),
            Sight("coverage", "Coverage", "coverage", False, "high", None),
        ),
        **facts,
    }
    return Story(name, moments, lines, theme=theme, **given)  # type: ignore[arg-type]


def foretold(given: Story) -> Story:
    """The same story with what is foretold of its first line."""
    last = given.moments[-1].cycle
    ahead = tuple(Ahead(last + h, 0.35 - 0.02 * h, 0.35, 0.35 + 0.02 * h) for h in (1, 2, 3))
    return replace(given, lines=(replace(given.lines[1], ahead=ahead), *given.lines))


CASES = {
    "no cycles": story([]),
    "nothing at all": Story("a", (), ()),
    "one cycle": story([0.4]),
    "one unknown cycle": story([None]),
    "unknown between": story([0.4, None, None, 0.3, None]),
    "all unknown": story([None] * 12),
    "not numbers": story([0.4, math.nan, 0.3, math.inf]),
    "sixty cycles": story([0.4 - i / 200 for i in range(60)]),
    "hostile names": story([0.4, 0.3, None, 0.2], name=HOSTILE),
    "dark": story([0.4, 0.3, None, 0.2], theme="dark"),
    "always the same": story([0.4] * 8),
    "foretold": foretold(story([0.4, 0.38, 0.36])),
    "foretold, unknown now": foretold(story([0.4, 0.38, None])),
}


@charts
@pytest.mark.parametrize("case", CASES)
def test_draws(chart: Chart, case: str):
    figure = chart.draw(CASES[case])
    assert figure.layout.height >= 240
    json.loads(figure.to_json())


@charts
def test_hostile_names_are_text(chart: Chart):
    """Plotly reads tags and links in text, so that none may arrive; `%{}` is a template only in templates."""
    drawn = chart.draw(CASES["hostile names"]).to_json()
    assert "<img" not in drawn
    assert "<a href" not in drawn
    assert "hovertemplate" not in drawn
    assert "\\u202e" not in drawn


@charts
def test_is_pure(chart: Chart):
    given = CASES["unknown between"]
    assert chart.draw(given).to_json() == chart.draw(given).to_json()


@charts
def test_themes_differ_in_colours_alone(chart: Chart):
    light, dark = (chart.draw(story([0.4, 0.3, 0.2], theme=t)) for t in ("light", "dark"))
    assert len(light.data) == len(dark.data)
    assert light.to_json() != dark.to_json()


@charts
def test_says_what_it_shows(chart: Chart):
    assert chart.label
    assert chart.doc


def shown(values: list[float | None], chart: str) -> list[float | None]:
    """The heights of the one curve that follows these values."""
    figure = CHARTS.get(chart).draw(Story("a", story(values).moments, (line(values),)))
    return next(list(t.y) for t in figure.data if t.mode == "lines+markers")


def test_unknown_is_a_gap_and_never_zero():
    assert shown([0.4, None, 0.2], "trend") == [0.4, None, 0.2]
    assert shown([0.4, None, 0.2], "scissors") == [100.0, None, 50.0]


def test_a_gap_has_a_word():
    figure = CHARTS.get("trend").draw(Story("a", story([0.4, None, 0.2]).moments, (line([0.4, None, 0.2]),)))
    assert any("too few outputs" in a.text for a in figure.layout.annotations)


def test_every_point_has_its_interval_and_n():
    figure = CHARTS.get("trend").draw(Story("a", story([0.4, 0.3]).moments, (line([0.4, 0.3]),)))
    band = next(t for t in figure.data if t.fill == "toself")
    assert list(band.y) == pytest.approx([0.42, 0.32, 0.28, 0.38])
    curve = next(t for t in figure.data if t.mode == "lines+markers")
    assert all("n 400" in text and "interval" in text for text in curve.hovertext)


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_contrast(colours: Palette):
    """WCAG AA: 3 for what is drawn, 4.5 for what is written."""
    drawn = [*colours.status.values(), *colours.family.values()]
    assert min(contrast(c, colours.ground) for c in drawn) >= 3
    for ground in (colours.ground, colours.raised):
        assert min(contrast(c, ground) for c in (colours.ink, colours.muted)) >= 4.5


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_status_colours_are_for_status_only(colours: Palette):
    status = {colours.status[s] for s in ("healthy", "watch", "narrowing", "collapse")}
    assert len(status) == 4
    assert not status & {*colours.family.values(), *colours.mix.values()}


def sight(shift: float, healthy: str = "high") -> Sight:
    return Sight("m", "M", "tail", True, healthy, (("copying", shift),))


@pytest.mark.parametrize(
    ("given", "word", "shade"),
    [(sight(-5.0), "-5.0", 0.5), (sight(-1.9), "blind", 0.0), (sight(1.9), "blind", 0.0),
     (sight(5.0), "▲5.0", 0.0), (sight(5.0, "low"), "▲5.0", 0.0), (sight(5.0, "reference"), "+5.0", 0.5)],
)  # fmt: skip
def test_what_a_metric_sees_is_a_word_and_a_shade(given: Sight, word: str, shade: float):
    figure = CHARTS.get("which_sees").draw(Story("a", (), (), sights=(given,)))
    assert [t for trace in figure.data if trace.type == "scatter" for t in trace.text] == [word]
    assert next(t for t in figure.data if t.type == "heatmap").z[1] == [shade]


def test_blind_spots_are_muted_and_what_is_missing_is_said():
    figure = CHARTS.get("which_sees").draw(story([0.4]))
    colours = {trace.text[0]: trace.textfont.color for trace in figure.data if trace.type == "scatter"}
    assert colours == {"-3.0": LIGHT.ink, "blind": LIGHT.muted}
    assert [a.text for a in figure.layout.annotations] == ["not measured yet"]


def test_one_wide_interval_does_not_squeeze_all_other_slices():
    """Of two outputs one may go on to 700 %. A point that lies far out is in the picture all the same."""
    few = Point(0, "ok", 0.4, 0.1, 2.8, 2.0, 0.4, 0.0)
    lines = (line([0.4], slice="a"), Line("m", "M", "tail", "b", (few,)))
    told = Story("a", story([0.4]).moments, lines)
    left, right = CHARTS.get("slices").draw(told).layout.xaxis.range
    assert (left, right) == (25.0 - 0.02 * 175, 200.0)
    far = Line("m", "M", "tail", "c", (replace(few, value=1.0),))
    _, right = CHARTS.get("slices").draw(replace(told, lines=(*lines, far))).layout.xaxis.range
    assert 250 < right < 300


def test_slices_stand_in_order_of_their_fall():
    lines = tuple(line([v], slice=f"s={v}") for v in (0.4, 0.2, 0.3))
    figure = CHARTS.get("slices").draw(Story("a", story([0.4]).moments, lines))
    assert list(figure.layout.yaxis.ticktext) == ["0.2", "0.3", "0.4"]
    turned = tuple(replace(x, healthy="low") for x in lines)
    figure = CHARTS.get("slices").draw(Story("a", story([0.4]).moments, turned))
    assert list(figure.layout.yaxis.ticktext) == ["0.4", "0.3", "0.2"]


def test_a_slice_of_few_outputs_does_not_come_first_by_chance():
    """At .1 with an interval up to .5 it may have lost nothing; .2 within .18 and .22 surely did."""
    wide = Line("m", "M", "tail", "s=few", (Point(0, "ok", 0.1, 0.0, 0.5, 2.0, 0.4, -1.0),))
    sure = line([0.2], slice="s=many")
    gone = replace(wide, slice="s=none", points=(Point(0, "too_few"),))
    for healthy in ("high", "reference"):
        lines = tuple(replace(each, healthy=healthy) for each in (wide, gone, sure))
        figure = CHARTS.get("slices").draw(Story("a", story([0.4]).moments, lines))
        assert list(figure.layout.yaxis.ticktext) == ["many", "few", "none"]


def test_panels_share_their_scale():
    lines = (line([0.4, 0.3], slice="s=a"), line([0.9, 0.8], slice="s=b"))
    moments = story([0.4, 0.3]).moments
    one, other = (CHARTS.get("panel").draw(Story("a", moments, pair)) for pair in (lines, lines[::-1]))
    assert one.layout.yaxis.range == other.layout.yaxis.range
    curve = next(t for t in one.data if t.mode == "lines+markers")
    assert list(curve.y) == [0.4, 0.3]


def test_hover_says_what_was_thinned():
    noted = Line("m", "M", "tail", None, (Point(0, "ok", 0.4, note="At 720 of 800 outputs."),))
    figure = CHARTS.get("trend").draw(Story("a", story([0.4]).moments, (noted,)))
    assert "At 720 of 800 outputs." in next(t for t in figure.data if t.mode == "lines+markers").hovertext[0]


def test_percent_of_another_baseline_do_not_go_on():
    """Cycle 3 begins another baseline: in percent of it a new line begins; on its own scale it goes on."""
    parted = line([0.4, 0.35, 0.3, 0.31, 0.32])
    points = tuple(replace(p, begins=p.cycle == 3) for p in parted.points)
    given = replace(story([0.4] * 5), lines=(replace(parted, points=points),))
    lines = {}
    for name in ("scissors", "trend"):
        fig = CHARTS.get(name).draw(given)
        lines[name] = next(t for t in fig.data if t.mode == "lines+markers" and t.yaxis != "y2")
    assert list(lines["scissors"].x) == [0, 1, 2, 3, 3, 4]
    assert [y is None for y in lines["scissors"].y] == [False, False, False, True, False, False]
    assert list(lines["trend"].x) == [0, 1, 2, 3, 4]


def test_a_new_baseline_is_one_word_not_two():
    given = story([0.4] * 12)
    moments = tuple(replace(m, status="learning" if m.cycle >= 9 else "healthy") for m in given.moments)
    words = [a.text for a in CHARTS.get("trend").draw(replace(given, moments=moments)).layout.annotations]
    assert words.count("new baseline") == 1
    assert "learning" not in words


def test_a_new_baseline_and_the_learning_after_it_do_not_overprint():
    """A cycle that cannot be compared is followed by cycles of learning, half a step further on."""
    given = story([0.4] * 12)
    status = {**dict.fromkeys(range(9), "healthy"), 9: "not_comparable", 10: "learning", 11: "learning"}
    moments = tuple(
        replace(m, status=status[m.cycle], opens="why" if m.cycle == 9 else m.opens) for m in given.moments
    )
    words = [a.text for a in CHARTS.get("trend").draw(replace(given, moments=moments)).layout.annotations]
    assert words.count("new baseline") == 1
    assert "learning" not in words


def test_what_is_foretold_is_a_fan_from_the_last_value_on():
    """Three cycles after cycle 2, where the value is .36; the axis and the heights hold all of it."""
    figure = CHARTS.get("trend").draw(CASES["foretold"])
    fan = [t for t in figure.data if t.fill == "toself" and max(t.x) == 5]
    assert [list(t.x) for t in fan] == [[2, 3, 4, 5, 5, 4, 3, 2]]
    assert list(fan[0].y) == pytest.approx([0.36, 0.37, 0.39, 0.41, 0.29, 0.31, 0.33, 0.36])
    dashed = next(t for t in figure.data if t.line.dash == "dash")
    assert list(dashed.y) == pytest.approx([0.36, 0.35, 0.35, 0.35])
    assert "80 % interval 0.33 to 0.37" in dashed.hovertext[1]
    low, high = figure.layout.yaxis.range
    assert figure.layout.xaxis.range[1] > 5
    assert low < 0.29 < 0.41 < high
    assert "forecast, 80 %" in [a.text for a in figure.layout.annotations]


@pytest.mark.parametrize("case", ["unknown between", "foretold, unknown now"])
def test_no_fan_without_a_forecast_or_a_value_to_start_from(case: str):
    figure = CHARTS.get("trend").draw(CASES[case])
    assert "forecast, 80 %" not in [a.text for a in figure.layout.annotations]
