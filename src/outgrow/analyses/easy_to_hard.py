"""Claim 29: on chess, what is learned from easy puzzles."""

from __future__ import annotations

from collections.abc import Iterator

from outgrow.analyses.base import Study
from outgrow.analyses.bases.claim import claim
from outgrow.analyses.bases.finding import Above, Below, Finding, finding
from outgrow.analyses.bases.pairs import Pair, measured
from outgrow.intervals.measured import Measured, mean


@claim(
    29, "easy_to_hard", fields=("chess",),
    says="trained on easy truth, a model is better than zero-shot on all puzzles, and no better on hard ones",
    how="Score of the supervisor, which learned from the truth of easy examples alone, minus zero-shot of the same "
    "model: on all test examples, and on those that are harder than what it saw. No better is by less than 0.02.",
    source="Burns et al. 2023, app. C.1",
)  # fmt: skip
def easy_to_hard(study: Study) -> Iterator[Finding]:
    """Two differences for the largest model that stands on both sides."""
    split = [(g, (g.settings.get("split") or {}).get("easy")) for g in study.groups if g.weak == g.strong]
    easy = {id(g): float(limit) for g, limit in split if isinstance(limit, (int, float))}
    pairs = [p for p in measured(study, [g for g, _ in split if id(g) in easy]) if "zero_shot" in p]
    if not pairs:
        return
    pair = max(pairs, key=lambda one: one.group.weak_cost)
    at, limit = f"({pair.group.weak}, taught up to {easy[id(pair.group)]:g})", easy[id(pair.group)]
    yield finding(f"score minus zero-shot on all {at}", pair["weak"] - pair["zero_shot"], Above(0))
    if pair.cells.difficulty is not None and (pair.cells.difficulty > limit).sum() >= 30:
        yield finding(f"score minus zero-shot on harder ones {at}", _harder(pair, limit), Below(0.02))


def _harder(pair: Pair, limit: float) -> Measured:
    assert pair.cells.difficulty is not None
    hard = pair.cells.difficulty > limit
    values = pair.cells.values["weak"] - pair.cells.values["zero_shot"]
    return mean(values[list(pair.rows)][:, hard], pair.cells.groups[hard])
