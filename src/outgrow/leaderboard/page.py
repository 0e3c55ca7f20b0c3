"""The leaderboard as a page of Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from outgrow.intervals.crossed import Estimate
from outgrow.leaderboard.board import Board, Standing
from outgrow.leaderboard.standing import Overall
from outgrow.plain import counted
from outgrow.results.compare import Difference
from outgrow.results.shown import TextTable
from outgrow.results.table import Interval

SURFACE = (
    "* *shortcut (all true)*: no method and no student, but a linear rule on length, words, capitals, digits and "
    "marks, which learns from the true answers of the transfer rows. A method below it has not got past the surface."
)


def headline(board: Board) -> list[str]:
    """What is to be seen, in plain sentences."""
    methods = [one for one in board.standings if one.is_method]
    helping = [one for one in methods if one.overall and (one.overall.share.low or 0) > 0]
    everywhere = [one.name for one in methods if not one.worse and len(one.better) == len(board.naive)]
    found = []
    if helping:
        whole = [one.name for one in helping if set(board.gaps) <= set(one.differences)]
        leader = f"; of those that are in all, {whole[0]} most" if whole else ""
        found.append(
            f"Over all settings, {len(helping)} of {counted(len(methods), 'method')} have clearly more of the "
            f"gap than naive{leader}."
        )
    else:
        found.append("Over all settings, no method has clearly more of the gap than naive.")
    found += [_told(where, methods) for where in board.naive]
    found.append(
        f"Clearly better than naive in every setting: {', '.join(everywhere)}."
        if everywhere
        else "No method is clearly better than naive in every setting."
    )
    return found


def _told(where: str, methods: Sequence[Standing]) -> str:
    """How many clearly help and harm in a setting, and which most."""

    def some(chosen: list[Standing], how: str, sign: int) -> str:
        most = max(chosen, key=lambda one: sign * one.differences[where].estimate.value)
        return f"{len(chosen)} {how}, most of all {most.name} ({points(most.differences[where])} points)"

    better, worse = [one for one in methods if where in one.better], [one for one in methods if where in one.worse]
    helps = some(better, "better than naive", 1) if better else "nothing helps"
    harms = f"; {some(worse, 'worse', -1)}" if worse else ""
    return f"{where}: {helps}{harms}."


def standings(board: Board) -> TextTable:
    """The board in the terminal, narrow: which settings are meant stands in the sentences and on the page."""
    names = ("method", "true rows", "of the gap, more than naive (95 %)", "better", "settings", "cost")
    rows = [
        (
            one.name,
            one.known,
            share(one.overall.share) if one.overall else "",
            f"{one.overall.improvement:.2f}" if one.overall else "",
            " ".join(f"{mark}{len(some)}" for mark, some in (("▲", one.better), ("▼", one.worse)) if some),
            f"{one.cost:.1f}",
        )
        for one in board.standings
    ]
    return TextTable(names=names, numeric=(*names[1:4], names[5]), measured=names[1:], rows=rows)


def markdown(board: Board, *, command: str) -> str:
    """The whole page."""
    where = list(board.naive)
    lines = [
        "# Leaderboard",
        "",
        f"Every method against `naive`, by {counted(board.seeds, 'seed')} on the same test rows.",
        "",
        f"`{command}` makes this page.",
        "",
        *(f"* {line}" for line in headline(board)),
        "",
        "| setting | supervisor | zero-shot | naive student | ceiling | PGR of naive |",
        "|---|---|---|---|---|---|",
        *(
            f"| {name} | "
            + " | ".join(_score(of) for of in (one.weak_score, one.zero_shot, one.student, one.ceiling))
            + f" | {f'{one.pgr.value:.2f} ({one.pgr.low:.2f} to {one.pgr.high:.2f})' if one.pgr else one.verdict} |"
            for name, one in board.naive.items()
        ),
        "",
        "Scores in percent, with 95 % intervals over seeds and test rows.",
        "",
        "| method | of the gap, more than naive | better than naive | " + " | ".join(where) + " | cost |",
        "|---|---|---|" + "---|" * (len(where) + 1),
        *(_row(one, where) for one in board.standings),
        "",
        "* *Of the gap*: the student's score minus that of naive, over the gap between supervisor and ceiling; the "
        "interquartile mean over settings and seeds (Agarwal et al. 2021), with its 95 % interval over seeds and rows.",
        "* A method that is in some settings alone is told by those; it stands beside the others all the same.",
        "* *Better than naive*: the share of seeds, ties half; the mean over settings.",
        "* Settings: points more than naive, paired by seed and row. ▲ and ▼: clearly better and worse, p below .05 "
        f"after Holm's correction for {board.comparisons} comparisons.",
        "* *(100 true)*: learns from that many rows of ground truth, which naive and all others do not have.",
        *(SURFACE for one in board.standings if not one.is_method),
        "* *Cost*: time of the student's trainings on a nominal machine, in those of naive.",
        *(f"* {note}." for note in board.notes),
    ]
    if board.absent:
        lines += ["", "## Who is not there", "", "| method | setting | why |", "|---|---|---|"]
        lines += [
            f"| {name} | {place} | {' '.join(why.split())} |"
            for (place, name), why in sorted(board.absent.items(), key=lambda one: one[0][::-1])
        ]
    return "\n".join(lines) + "\n"


def _row(one: Standing, where: list[str]) -> str:
    cells = [_cell(one, name) for name in where]
    over = one.overall
    return (
        f"| {one.label} | {share(over.share) if over else ''} | {_often(over) if over else ''} | "
        + " | ".join(cells) + f" | {one.cost:.1f} x |"
    )  # fmt: skip


def _cell(one: Standing, where: str) -> str:
    if where not in one.differences:
        return ""
    mark = " ▲" if where in one.better else " ▼" if where in one.worse else ""
    return points(one.differences[where]) + mark


def points(one: Difference) -> str:
    """A difference in points of a hundred, or as it is where scores are no shares."""
    times = 100 if one.share else 1
    return f"{times * one.estimate.value:+.2f}"


def share(one: Estimate) -> str:
    """A share of the gap with its interval."""
    if one.low is None or one.high is None:
        return f"{one.value:+.2f}"
    return f"{one.value:+.2f} ({one.low:+.2f} to {one.high:+.2f})"


def _often(one: Overall) -> str:
    return f"{one.improvement:.2f}" + (f" ({one.ends[0]:.2f} to {one.ends[1]:.2f})" if one.ends else "")


def _score(one: Interval | None) -> str:
    if one is None:
        return ""
    ends = "" if one.low is None or one.high is None else f" ({100 * one.low:.1f} to {100 * one.high:.1f})"
    return f"{100 * one.value:.1f}{ends}"
