"""Rows whose truth somebody knows: some to learn from, and the others to check by."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from outgrow.steps.grouping import rank


def divided(
    audited: np.ndarray, groups: Sequence[str], ids: Sequence[str], *, budget: int | None, seed: int,
    chosen: Collection[int] = (),
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Numbers of the rows to learn from and of those to check by, int64 each, rising.

    They are drawn by a hash of groups, and no group is in both: of a group that is learned from, the rows beyond the
    budget are in neither.

    Args:
        audited: numbers of the rows with a truth.
        groups, ids: of all rows.
        budget: how many rows may be learned from, at most those that there are; None for half of them.
        chosen: numbers of rows that were audited for some reason, and not at random: they never check, and are the
            first to be learned from.
    """
    apart = set(chosen)
    wanted = len(apart) + (len(audited) - len(apart)) // 2 if budget is None else budget
    order = sorted(audited.tolist(), key=lambda row: (row not in apart, rank("budget", seed, groups[row]), ids[row]))
    learned = order[:wanted]
    together = {groups[row] for row in learned}
    checking = [row for row in audited.tolist() if groups[row] not in together and row not in apart]
    return np.array(sorted(learned), np.int64), np.array(checking, np.int64)
