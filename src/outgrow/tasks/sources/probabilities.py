"""Cells of a table as probabilities of classes: rounding is mended, percent and what is none are named."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from outgrow.errors import DataError
from outgrow.tasks.sources.classes import MISSING

if TYPE_CHECKING:
    import numpy as np

ROUNDED = 0.02  # from 1 that a sum may be; two decimals of each of a few classes
EXACT = 1e-3  # from 1 that a sum is without a word


def probabilities(cells: Sequence[Sequence[Any]], *, path: str, ids: Sequence[str], notes: list[str]) -> np.ndarray:
    """Float32 [n, classes], rows summing to 1; a row without any number, or of zeros, says nothing and is zero.

    Raises:
        DataError: a row holds something else; `path` and one of `ids` name it.
    """
    import numpy as np

    rows = []
    for one, row in zip(ids, cells, strict=True):
        blank = [str(cell).strip().lower() in MISSING or cell is None for cell in row]
        try:
            rows.append([0.0] * len(row) if all(blank) else [float(cell) for cell in row])
        except (TypeError, ValueError, OverflowError):
            raise DataError(f"{path}, id {one!r}: a probability is not a number: {_shown(row)}") from None
    found = np.array(rows, np.float64)
    total = found.sum(1)
    silent = (found == 0).all(1)
    if not silent.all() and bool((np.abs(total[~silent] - 100) <= 100 * ROUNDED).all()):
        raise DataError(f"{path}: its rows of probabilities sum to 100: divide them by 100")
    fits = silent | ((found >= 0).all(1) & (np.abs(total - 1) <= ROUNDED))  # nan is neither
    if bad := np.flatnonzero(~fits).tolist():
        hint = _hint(found[~silent])
        raise DataError(
            f"{path}, id {ids[bad[0]]!r}: probabilities {_shown(cells[bad[0]])} must be from 0 to 1 and sum to 1, "
            f"within {ROUNDED}; so it is with {len(bad):,} of {len(found):,} rows{hint}"
        )
    if rounded := int((np.abs(total - 1)[~silent] > EXACT).sum()):
        notes.append(f"{path}: {rounded:,} of {len(found):,} rows of probabilities did not quite sum to 1: rescaled")
    scaled: np.ndarray = np.divide(found, total[:, None], out=np.zeros_like(found), where=~silent[:, None])
    return scaled.astype(np.float32)


def _hint(found: np.ndarray) -> str:
    """What rows may be that are no probabilities."""
    import numpy as np

    if bool((found <= 0).all()) and bool((np.abs(np.exp(found).sum(1) - 1) <= ROUNDED).all()):
        return "; these look like logarithms of probabilities: write their exponentials"
    if bool((found < 0).any()):
        return "; if these are logits, write their softmax"
    if bool((found == np.rint(found)).all()):
        return "; if these are counts of votes, divide each by the sum of its row"
    if bool((found <= 1).all()):
        return "; if each is of a class by itself, an example has one class here: divide by the sum of the row"
    return ""


def _shown(row: Sequence[Any]) -> str:
    return "[" + ", ".join(str(cell)[:20] for cell in row[:10]) + (", ...]" if len(row) > 10 else "]")
