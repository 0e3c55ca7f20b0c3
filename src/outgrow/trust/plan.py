"""Which rows to check, and how many, so that the interval of accuracy gets as narrow as wanted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from outgrow.errors import ConfigError, DataError
from outgrow.plain import counted
from outgrow.trust.design import Design, draw, expected_width, fewest, random_design, stratified_design
from outgrow.trust.given import check_level, checked_confidence, checked_rows, checked_weights
from outgrow.trust.intervals import LEVEL, Estimate, prediction_powered
from outgrow.trust.strata import sampling_weights

How = Literal["random", "stratified"]
WIDTHS = (0.2, 0.1, 0.05)
FEWEST = 20  # rows in all; with fewer, nobody has measured how often intervals hold the truth
SAVES = 0.95  # of the rows of a random sample: strata are taken where they need no more


@dataclass(frozen=True, kw_only=True)
class Cost:
    """Rows in all, earlier ones too, for an interval of a width.

    None where no number of rows is enough, and for a random sample that would go on from a stratified one.
    """

    width: float
    random: int | None
    stratified: int | None


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Rows to check.

    Args:
        rows: numbers of the rows to check now, int64 [n], in random order.
        weights: how many rows each stands for, float64 [n], together with those audited earlier.
        strata: stratum of every row, int64 [N]; all 0 in a random sample.
        how: the rows are drawn.
        known: rows audited earlier, which are counted on.
        width: expected, from one end of the interval to the other.
        widest: the width if confidence says nothing and half of the answers are wrong.
        costs: what other widths take.
    """

    rows: np.ndarray
    weights: np.ndarray
    strata: np.ndarray
    how: How
    known: int
    width: float
    widest: float
    costs: tuple[Cost, ...]
    words: tuple[str, ...] = ()

    @property
    def n(self) -> int:
        """Rows to check now."""
        return len(self.rows)


def plan(
    confidence: ArrayLike, predicted: ArrayLike, *, width: float, seed: int, how: How | None = None,
    known: ArrayLike = (), right: ArrayLike = (), weights: ArrayLike | None = None,
    population: int | None = None, level: float = LEVEL,
) -> Plan:  # fmt: skip
    """The fewest rows that are expected to give an interval of accuracy of this width.

    Confidence is taken for the probability of being right, or corrected by what was audited earlier. A stratified
    sample has five strata of confidence and as many rows of each; in a stratum, each predicted class gets its share.

    Args:
        confidence: the model's probability of its answer, [N], or of each class, [N, K].
        predicted: class that is answered, int [N].
        width: wanted, of the whole interval: 0.1 is plus or minus 5 points.
        seed: of the draw.
        how: `random`, `stratified`, or None for the one that needs fewer rows.
        known: rows audited earlier, int [k], drawn at random: they count, and are not drawn again.
        right: whether the answers of these are right, bool [k].
        weights: that these were drawn with, [k], if that was a stratified sample of the same rows; so is this one then.
        population: as of `prediction_powered`.
        level: share of intervals that hold the truth.

    Raises:
        ConfigError: a width that is none, or that all rows together would not give.
    """
    sure = checked_confidence(confidence)
    classes = np.asarray(predicted)
    if classes.shape != sure.shape:
        raise DataError(f"predicted classes of shape {list(classes.shape)} for {counted(len(sure), 'row')}")
    if not 0 < width < 1:
        raise ConfigError(f"width = {width}: it is that of the whole interval, above 0 and below 1, such as 0.1")
    if how not in (None, "random", "stratified"):
        raise ConfigError(f"how = {how!r}: there are random, stratified, and None for the one that needs fewer rows")
    check_level(level)
    earlier = np.zeros(len(sure), bool)
    earlier[checked_rows(known, of=len(sure))] = True
    so_far = prediction_powered(sure, known, right, weights=weights) if earlier.any() else None
    unequal = so_far is not None and len(np.unique(checked_weights(weights, n=so_far.n))) > 1
    if unequal and how == "random":
        raise ConfigError(
            "how = 'random', but the rows audited earlier are stratified; leave how out, to go on like that"
        )
    expected = sure if so_far is None else _corrected(sure, so_far)
    start, most = max(int(earlier.sum()), min(FEWEST, len(sure))), len(sure)

    def designed(way: How, n: int) -> Design:
        return random_design(earlier, n) if way == "random" else stratified_design(sure, earlier, n)

    def wide(way: How, n: int) -> float:
        return expected_width(expected, designed(way, n), population=population, level=level)

    def needed(way: How, width: float) -> int | None:
        return fewest(lambda n: wide(way, n), width, start=start, most=most)

    costs = tuple(
        Cost(width=one, random=None if unequal else needed("random", one), stratified=needed("stratified", one))
        for one in sorted({width, *WIDTHS}, reverse=True)
    )
    wanted = next(one for one in costs if one.width == width)
    if wanted.stratified is None:  # and neither has a random sample: all rows are the same ones
        raise ConfigError(
            f"width = {width}: even all {most:,} rows would give an interval of {wide('random', most):.3f}, as "
            "other rows like these may do better or worse; ask for a larger width, give more rows, or say "
            f"population={most} to ask of these rows alone"
        )
    random = wanted.random or most
    chosen: How = how or ("stratified" if unequal or wanted.stratified <= SAVES * random else "random")
    n = wanted.stratified if chosen == "stratified" else random
    design = designed(chosen, n)
    rows = draw(design, earlier=earlier, classes=classes, rng=np.random.default_rng(seed))
    every = np.concatenate([rows, np.flatnonzero(earlier)])
    made = Plan(
        rows=rows,
        weights=sampling_weights(design.strata, every)[: len(rows)],
        strata=design.strata,
        how=chosen,
        known=int(earlier.sum()),
        width=wide(chosen, n),
        widest=expected_width(np.full(most, 0.5), design, population=population, level=level),
        costs=costs,
    )
    return replace(made, words=_words(made, float(expected.mean()), so_far, level))


def _corrected(sure: np.ndarray, so_far: Estimate) -> np.ndarray:
    """With which probability each row is right, [N], by the middle of the interval so far.

    Not by its value: twenty right rows of twenty are no reason to expect that no row is wrong, and to stop there.
    """
    middle = (so_far.low + so_far.high) / 2
    return np.asarray(np.clip(middle + so_far.factor * (sure - sure.mean()), 0, 1))


def _words(made: Plan, accuracy: float, so_far: Estimate | None, level: float) -> tuple[str, ...]:
    """What a person should know before checking."""
    words = []
    if made.known:
        words.append(f"{counted(made.known, 'row')} audited earlier count, as they were drawn at random")
    if not made.n:
        words.append(f"these already give an interval of {made.width:.3f}: no further row needs a check")
        return tuple(words)
    by = "confidence, and fewer where it is high" if made.how == "stratified" else "chance"
    words.append(
        f"check {counted(made.n, 'row')}, drawn by {by}: the {level:.0%} interval of accuracy is then expected to be "
        f"{made.width:.3f} wide from one end to the other"
    )
    taken = (
        "confidence is right"
        if so_far is None
        else f"the audit so far is right (accuracy {so_far.value:.2f} [{so_far.low:.2f}, {so_far.high:.2f}])"
    )
    words.append(
        f"that holds if {taken}; where confidence says nothing and half of the answers are wrong, it is at most "
        f"{made.widest:.3f}" + (f" (mean confidence {accuracy:.2f})" if so_far is None else "")
    )
    words.append("rows in all for a width of " + "; ".join(map(_cost, made.costs)))
    return tuple(words)


def _cost(one: Cost) -> str:
    ways = [f"{n:,} {how}" for n, how in ((one.random, "random"), (one.stratified, "stratified")) if n is not None]
    return f"{one.width:g}: {' or '.join(ways) or 'more than there are'}"
