"""Figures: axes cover their values, marks and labels keep apart, names are told apart."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest

from outgrow.figures.axes import linear_axis, log_axis
from outgrow.figures.charts import Dot, DotPlot, LineChart, Mark, Series
from outgrow.figures.dots import draw_dots
from outgrow.figures.lines import spread
from outgrow.figures.shapes import Words, width_of, wrap
from outgrow.figures.words import CHARACTER, short_names
from outgrow.report.svg import chart


@pytest.mark.parametrize("low", [0.0, 0.31, 0.4999])
@pytest.mark.parametrize("high", [0.5, 0.62, 1.0])
def test_a_linear_axis_covers_its_values_with_round_ticks(low: float, high: float) -> None:
    axis = linear_axis([low, high], "share", str, within=(0, 1))
    assert axis.low <= low
    assert axis.high >= high
    assert 2 <= len(axis.ticks) <= 8


@pytest.mark.parametrize("costs", [[1e6], [3e4, 3e7], [2e5, 5e5], [1.0, 1e12], [0.0, 1e6]])
def test_a_log_axis_covers_its_values(costs: list[float]) -> None:
    axis = log_axis(costs, "cost", str)
    assert axis.high > max(costs)
    assert 1 <= len(axis.ticks) <= 6
    assert all(0 <= axis.place(cost, 0, 100) <= 100 for cost in costs)


def test_labels_at_line_ends_do_not_overlap() -> None:
    ends = [(float(y), Series(label=str(y), marks=[], tone="s0")) for y in (50, 51, 52, 90)]
    heights = [at for at, _ in spread(ends, 20, 100)]
    assert all(b - a > 12 for a, b in pairwise(heights))


def test_marks_of_near_sizes_do_not_reach_into_each_others_place() -> None:
    x = log_axis([1e9, 4e9, 5e9], "size", str)
    lines = [
        Series(
            label=f"from {k}",
            tone="s0",
            aside=True,
            marks=[Mark(x=size, y=0.5, title=f"{size:.0e} of {k}") for size in (1e9, 4e9, 5e9)],
        )
        for k in range(8)
    ]
    drawn = chart(LineChart(title="t", label="l", x=x, y=linear_axis([0, 1], "y", str), series=lines, dodge=5))
    places = {
        size: [
            float(at)
            for at in re.findall(re.escape(f"<title>{size:.0e}") + ' of .</title><circle [^>]*cx="([0-9.]+)"', drawn)
        ]
        for size in (1e9, 4e9, 5e9)
    }
    assert [len(at) for at in places.values()] == [8, 8, 8]
    assert max(places[4e9]) < min(places[5e9])
    assert len(set(places[5e9])) > 1, "they still move aside"


def test_marks_of_sizes_that_look_the_same_still_move_aside() -> None:
    x = log_axis([1e9, 5e9], "size", str)
    lines = [
        Series(
            label=f"from {k}", tone="s0", aside=True, marks=[Mark(x=size, y=0.5, title="") for size in (5e9, 5.001e9)]
        )
        for k in range(3)
    ]
    drawn = chart(LineChart(title="t", label="l", x=x, y=linear_axis([0, 1], "y", str), series=lines, dodge=5))
    places = sorted(float(at) for at in re.findall('<circle [^>]*cx="([0-9.]+)"', drawn))
    assert places[-1] - places[0] > 9


def test_names_above_a_plot_do_not_overlap_and_the_largest_is_kept_inside() -> None:
    x = log_axis([1e9, 4e9, 5e9], "size", str)
    names = [(1e9, "the small one"), (4e9, "the large one"), (5e9, "the largest one")]
    drawn = chart(
        LineChart(title="t", label="l", x=x, y=linear_axis([0, 1], "y", str), series=[], names=names, width=340)
    )
    written = {
        words: float(at) for at, words in re.findall(r'<text class="ink" x="([0-9.]+)"[^>]*>(the [^<]*)</text>', drawn)
    }
    assert set(written) == {"the small one", "the largest one"}
    assert written["the largest one"] + CHARACTER * len("the largest one") / 2 <= 340.5


@pytest.mark.parametrize(
    ("names", "short"),
    [
        (["lm[:1] probe", "lm[:30] probe"], ["[:1]", "[:30]"]),
        (["chess-xs", "chess-xl"], ["xs", "xl"]),
        (["minilm-l6 probe", "smollm2 probe"], ["minilm-l6", "smollm2"]),
        (["alone probe"], ["alone probe"]),
        (["a b", "a"], ["a b", "a"]),
    ],
)
def test_names_lose_what_all_share(names: list[str], short: list[str]) -> None:
    assert list(short_names(names).values()) == short


def words_of(plot: DotPlot) -> list[Words]:
    return [shape for shape in draw_dots(plot).shapes if isinstance(shape, Words)]


def test_long_labels_of_a_dot_plot_are_whole_and_stay_inside() -> None:
    """Rows that differ in a setting alone must not read alike."""
    labels = [f"confidence, noise=0.0{k}, learning_rate=0.0003, positive_share={rest}" for k in (1, 2) for rest in "ab"]
    dots = [Dot(label=one, value=0.5, low=0.4, high=0.6, words="50.0 % [40.0, 60.0]", title=one) for one in labels]
    plot = DotPlot(title="a title as long as this one " * 3, label="l", x=linear_axis([0, 1], "x", str), dots=dots)
    written = words_of(plot)
    text = " ".join(one.text for one in written)
    for label in labels:
        assert label in text
    for one in written:
        wide, start = width_of(one.text), {"start": 0.0, "middle": 0.5, "end": 1.0}[one.anchor]
        assert one.x - start * wide >= -1
        assert one.x + (1 - start) * wide <= plot.width + 1


def test_no_two_texts_of_a_dot_plot_overlap() -> None:
    dots = [Dot(label="a method " * k, value=0.5, words="50.0 % [40.0, 60.0]", title="") for k in range(1, 9)]
    plot = DotPlot(title="t", label="l", x=linear_axis([0, 1], "x", str), dots=dots)
    boxes = []
    for one in words_of(plot):
        left = one.x - {"start": 0.0, "middle": 0.5, "end": 1.0}[one.anchor] * width_of(one.text)
        boxes.append((left, left + width_of(one.text), one.y - 9, one.y + 2))
    for k, (left, right, top, bottom) in enumerate(boxes):
        for other_left, other_right, other_top, other_bottom in boxes[k + 1 :]:
            assert right <= other_left or other_right <= left or bottom <= other_top or other_bottom <= top


def test_dots_of_one_row_stand_apart() -> None:
    beside = [Dot(label="", value=0.5, words="", title=f"mark {k}") for k in range(3)]
    one = Dot(label="row", value=0.5, words="", title="mark 3", beside=beside)
    drawn = chart(DotPlot(title="", label="l", x=linear_axis([0, 1], "x", str), dots=[one]))
    heights = [float(at) for at in re.findall(r'<title>mark .</title><circle [^>]*cy="([0-9.]+)"', drawn)]
    assert len(heights) == 4
    assert all(after - before >= 5 for before, after in pairwise(heights))


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", [""]),
        ("one two", ["one two"]),
        ("aaaa bbbb cccc dddd", ["aaaa bbbb", "cccc dddd"]),
        ("a" * 25, ["a" * 10, "a" * 10, "a" * 5]),
    ],
)
def test_text_wraps_at_spaces_or_else_anywhere(text: str, lines: list[str]) -> None:
    assert wrap(text, 10 * CHARACTER) == lines


def test_very_long_text_is_cut_in_the_middle() -> None:
    lines = wrap("x" * 1000, 10 * CHARACTER)
    assert len(lines) <= 4
    assert "…" in "".join(lines)
