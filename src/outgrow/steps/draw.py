"""Which rows of the pool a seed gives to supervisor and transfer: at random, by difficulty, by class shares."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from outgrow.errors import DataError
from outgrow.specs import SplitSpec
from outgrow.steps.examples import ExamplesData
from outgrow.steps.grouping import by_group, check_sizes, rank, take

DRAWN = ("supervisor", "transfer")
CONDITIONS = ("easy", "hard", "supervisor_shares", "transfer_shares")  # fields of the split; None where not given


def draw(data: ExamplesData, spec: SplitSpec, *, seed: int) -> dict[str, np.ndarray]:
    """Row numbers of `supervisor` and `transfer` for one seed, whole groups at a time.

    Where a part has conditions, the rows of a group that do not fit them are left out.
    """
    pool = data.part("pool")
    wanted = {name: getattr(spec, name) for name in DRAWN}
    check_sizes(wanted, len(pool), f"besides test {spec.test:,} and validation {spec.validation:,} there are")
    ids, groups = [data.ids[row] for row in pool], [data.groups[row] for row in pool]
    rows = {group: [pool[i] for i in members] for group, members in by_group(ids, groups).items()}
    parts: dict[str, np.ndarray] = {}
    left = sorted(rows, key=lambda group: rank(spec.seed, seed, group))
    for name in DRAWN:
        if (fits := _graded(data, spec, name)) is not None or getattr(spec, f"{name}_shares") is not None:
            parts[name], left = _chosen(data, spec, name, left, rows, fits)
        else:
            left = take(parts, left, rows, wanted, (name,))
    return parts


def counts(n: int, shares: Sequence[float]) -> list[int]:
    """`n` divided by shares: whole numbers that sum to it, the largest remainders rounded up."""
    exact = n * np.asarray(shares)
    found = np.floor(exact + 1e-9).astype(int)
    for k in np.argsort(found - exact, kind="stable")[: n - found.sum()]:
        found[k] += 1
    return [int(one) for one in found]


def _graded(data: ExamplesData, spec: SplitSpec, name: str) -> np.ndarray | None:
    """Of each row, whether it is easy or hard enough for a part; None where that is not asked."""
    key, bound = ("easy", spec.easy) if name == "supervisor" else ("hard", spec.hard)
    if bound is None:
        return None
    if data.difficulty is None:
        raise DataError(f"split.{key} = {bound:g} needs the difficulty of each example, and this task tells none")
    return data.difficulty <= bound if name == "supervisor" else data.difficulty > bound


def _chosen(
    data: ExamplesData,
    spec: SplitSpec,
    name: str,
    order: list[str],
    rows: dict[str, list[int]],
    fits: np.ndarray | None,
) -> tuple[np.ndarray, list[str]]:
    """Rows of a part that fit its conditions, group by group, and the groups of which none was taken."""
    shares, n = getattr(spec, f"{name}_shares"), getattr(spec, name)
    of, wanted = np.zeros(len(data.ids), np.int64), [n]
    if shares is not None:
        if data.truth is None:
            raise DataError(f"split.{name}_shares needs the ground truth, and this task has none")
        if len(shares) != data.output.n_classes:
            raise DataError(
                f"split.{name}_shares = {list(shares)} has {len(shares)} shares, and the task has "
                f"{data.output.n_classes:,} classes; give each class its share"
            )
        of, wanted = data.truth, counts(n, shares)
    room, taken, left = list(wanted), [], []
    for group in order:
        some = []
        for row in rows[group]:
            if room[of[row]] and (fits is None or fits[row]):
                room[of[row]] -= 1
                some.append(row)
        taken += some
        if not some:
            left.append(group)
    for k, missing in enumerate(room):
        if missing:
            which = "" if shares is None else f" of class {k}"
            key = "easy" if name == "supervisor" else "hard"
            bound = "" if fits is None else f" of such difficulty (split.{key} = {getattr(spec, key):g})"
            raise DataError(
                f"part {name!r} needs {wanted[k]:,} examples{which}{bound} but got {wanted[k] - missing:,}; "
                "make [split] smaller, or split.pool larger where it is set"
            )
    return np.array(taken, np.int64), left
