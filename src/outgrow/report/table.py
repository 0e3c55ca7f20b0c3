"""The table of all results: means, intervals, seeds, numbers of examples, verdicts."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from outgrow.figures.words import DASH, direction, metric_name, number, pair_of, percent, quantity, ratio
from outgrow.report.svg import esc
from outgrow.results.table import Group, Interval

HEADS = (
    "zero-shot", "weak", "weak label<br>accuracy", "student", "ceiling", "PGR", "agreement", "where weak<br>is right",
    "where weak<br>is wrong",
)  # fmt: skip
LONG = 12  # rows from which on the table scrolls in a region of its own


def table(groups: Sequence[Group], name: str) -> str:
    """Every group, rows of a pair of models together. `name` tells it from other tables of the page."""
    top = "".join(f'<th scope="col">{head}</th>' for head in HEADS)
    g = groups[0]
    long = " long" if len(groups) > LONG else ""
    out = [
        f'<div class="table{long}" tabindex="0" role="region" aria-label="All results: {esc(name)}"><table>',
        f"<caption>Scores are {esc(metric_name(g))} on the test examples{direction(g)}. Below each mean stands its "
        "95&nbsp;% interval.</caption>",
        f'<thead><tr><th scope="col" class="words">method</th>{top}<th scope="col" class="words">verdict</th></tr>'
        "</thead>",
    ]
    blocks: dict[tuple[object, ...], list[Group]] = {}
    for g in sorted(groups, key=lambda g: (g.weak_cost, g.weak, g.strong_cost, g.strong)):
        blocks.setdefault((*pair_of(g), *g.seeds, *g.failed_seeds, g.n_supervisor, g.n_transfer, g.n_test), []).append(
            g
        )
    out += [_block(rows) for rows in blocks.values()]
    out.append("</table></div>")
    return "\n".join(out)


def _block(rows: Sequence[Group]) -> str:
    """Results of one pair, seeds and numbers of examples, under a row that names these."""
    g = rows[0]
    seeds = f"seed{'s' * (len(g.seeds) != 1)} {', '.join(map(str, g.seeds))}"
    if lost := sorted({*g.asked_seeds} - {*g.seeds}):
        seeds += f" ({', '.join(map(str, lost))} failed)"
    sizes = f"{quantity(g.weak_cost)} \u2192 {quantity(g.strong_cost)} multiply-accumulates"
    counts = f"examples: {g.n_supervisor:,} supervisor, {g.n_transfer:,} transfer, {g.n_test:,} test"
    about = f"<strong>{esc(g.weak)} \u2192 {esc(g.strong)}</strong> {esc(seeds)}; {counts}; {sizes}"
    head = f'<tr><th colspan="{len(HEADS) + 2}" scope="rowgroup" class="pair"><span>{about}</span></th></tr>'
    return f"<tbody>{head}{''.join(_row(one) for one in rows)}</tbody>"


def _row(g: Group) -> str:
    show = percent if g.share else number
    cells = [
        _cell(g.zero_shot, show), _cell(g.weak_score, show), f"<td>{percent(g.weak_label_accuracy)}</td>",
        _cell(g.student, show), _cell(g.ceiling, show), _cell(g.pgr if g.verdict == "ok" else None, ratio),
        *(_cell(at, percent) for at in (g.agreement, g.agreement_when_right, g.agreement_when_wrong)),
    ]  # fmt: skip
    why = f"<small>{esc(g.why)}</small>" if g.why else ""
    verdict = f'<td class="words"><code>{esc(g.verdict)}</code>{why}</td>'
    return f'<tr><th scope="row" class="words">{esc(g.method)}</th>{"".join(cells)}{verdict}</tr>'


def _cell(at: Interval | None, show: Callable[[float], str]) -> str:
    """A mean with its interval below it."""
    if at is None:
        return f"<td>{DASH}</td>"
    if at.low is None or at.high is None:
        return f"<td>{show(at.value)}</td>"
    low, high = (show(end).removesuffix("\u202f%") for end in (at.low, at.high))
    return f"<td>{show(at.value)}<small>{low} to {high}</small></td>"
