"""A label matrix as labelling tools make it, an .npy file, as votes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tokenize import TokenError
from typing import TYPE_CHECKING

from outgrow.errors import DataError
from outgrow.tasks.sources.classes import MOST
from outgrow.tasks.sources.files import errors_name

if TYPE_CHECKING:
    import numpy as np

NEARLY = 0.02  # by which probabilities may miss a sum of 1


def read_matrix(path: str, n: int, *, classes: Sequence[str], notes: list[str]) -> tuple[list[str], np.ndarray, int]:
    """A label matrix out of an .npy file: names of its labellers, votes float32 [labellers, n, classes], and classes.

    `notes` takes what is read as no label.

    Whole numbers [n] or [n, labellers], -1 or NaN for nothing; or probabilities [n, classes] or [n, labellers,
    classes], zeros or NaN for nothing, or [n] of the second of two classes.

    Raises:
        DataError: it is no such array, has other than `n` rows, or can be read in two ways.
    """
    import numpy as np

    found = _array(path)
    shape = f"{found.dtype} {' x '.join(map(str, found.shape))}"
    if not 0 < found.ndim <= (3 if found.dtype.kind == "f" else 2) or found.dtype.kind not in "biuf" or len(found) != n:
        raise DataError(
            f"{path} holds {shape}, and a label matrix has a row for each of the {n:,} rows of the "
            "table: whole numbers, a column for each labeller, -1 for nothing; or probabilities"
            + ("; its second side is as long: save L.swapaxes(0, 1)" if n in found.shape[1:2] else "")
        )
    if found.dtype.kind == "f" and np.isinf(found).any():
        raise DataError(f"{path} holds infinite numbers, which are neither classes nor probabilities")
    if (numbers := _whole(found)) is not None:
        if (high := minus_one(found)) is not None:
            raise DataError(f"{path} holds {high}, which is -1 in numbers without a sign: save it as int64")
        votes, k = _classes(numbers, path, classes)
        if silent := int((found == -1).sum()):
            cure = "save 0 in its place" if {*np.unique(numbers).tolist()} == {-1, 1} else "save L + 1"
            notes.append(f"{path}: -1 is read as no label, {silent:,} times; if it is a class, {cure}")
    else:
        votes, k = _probabilities(found, path, shape, classes)
    stem = Path(path).stem
    return [f"{stem} {i + 1}" if len(votes) > 1 else stem for i in range(len(votes))], votes, k


def _array(path: str) -> np.ndarray:
    """The array, mapped, so that a size that the file does not have is an error, and no memory."""
    import numpy as np

    place = Path(path).expanduser()
    with errors_name(place):
        try:
            return np.asarray(np.lib.format.open_memmap(place, mode="r"))
        except (ValueError, EOFError, TypeError, SyntaxError, OverflowError, RecursionError, TokenError) as error:
            why = str(error)
    if "Python objects" in why:
        cure = "it holds Python objects, such as names; save numbers of classes, -1 for nothing"
    elif "greater than file size" in why:
        cure = "it is cut short; save or copy it anew"
    else:
        cure = f"save the labels with np.save('L.npy', L) ({why})"
    raise DataError(f"{path} is no .npy file of numbers: {cure}")


def _whole(found: np.ndarray) -> np.ndarray | None:
    """Classes int64 [n, labellers], -1 for nothing; None where these are probabilities."""
    import numpy as np

    if found.dtype.kind == "f":
        if found.ndim == 3 or not bool(((found == np.rint(found)) | np.isnan(found)).all()):
            return None
        found = np.nan_to_num(found, nan=-1)
    return found.reshape(len(found), -1).astype(np.int64)


def _classes(found: np.ndarray, path: str, classes: Sequence[str]) -> tuple[np.ndarray, int]:
    """Votes of whole numbers, and how many classes there are."""
    import numpy as np

    low, high = int(found.min(initial=0)), int(found.max(initial=-1))
    k = max(len(classes), high + 1)
    if (classes and k > len(classes)) or low < -1 or not 2 <= k <= MOST:
        raise DataError(
            f"{path} holds whole numbers from {found.min(initial=k - 1)} to {high}; classes are "
            f"numbered from 0{f' to {len(classes) - 1}' if classes else ''}, at least two, and -1 says nothing"
        )
    if found.shape[1] > 1 and bool(((found == 1).sum(1) == 1).all() and ((found == 0) | (found == 1)).all()):
        raise DataError(
            f"{path} holds a single 1 and otherwise 0 in each row: that is a column for each class, not one for each "
            "labeller; save L.argmax(1) of it, or for several labellers probabilities [rows, labellers, classes]"
        )
    return np.asarray(found.T[..., None] == np.arange(k), np.float32), k


def _probabilities(found: np.ndarray, path: str, shape: str, classes: Sequence[str]) -> tuple[np.ndarray, int]:
    """Votes of probabilities, and how many classes there are."""
    import numpy as np

    if found.ndim == 1:
        found = np.stack([1 - found, found], 1)
    if found.ndim == 2:
        found = found[:, None]
    votes, wrong = normalised(found)
    k = votes.shape[-1]
    if k < 2 or (classes and k != len(classes)) or wrong.any():
        raise DataError(
            f"{path} holds {shape}, and its last side is not probabilities of "
            f"{f'the {len(classes)} classes' if classes else 'at least two classes'}, from 0 to 1 and summing to 1"
            f"{_first_wrong(found, wrong)}"
        )
    return votes, k


def normalised(found: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities [n, labellers, classes] as votes float32 [labellers, n, classes]; and which rows are none, [n].

    Zeros, or NaN in place of all of them, say nothing. Sums that miss 1 by little are mended.
    """
    import numpy as np

    silent = np.isnan(found).all(-1, keepdims=True)
    votes = np.where(silent, 0, found.astype(np.float64)).transpose(1, 0, 2)
    total = votes.sum(-1)
    fits = (np.abs(total - 1) <= NEARLY) & (votes >= 0).all(-1) | (votes == 0).all(-1)
    votes = np.divide(votes, total[..., None], out=np.zeros_like(votes), where=total[..., None] > 0)
    return votes.astype(np.float32), ~fits.all(0)


def _first_wrong(found: np.ndarray, wrong: np.ndarray) -> str:
    """Which row of probabilities [n, labellers, classes] is none, and what may be meant."""
    import numpy as np

    if not wrong.any():
        return ""
    row = int(wrong.argmax())
    first = next(own for own in found[row] if normalised(own[None, None])[1].any())
    values = ", ".join(f"{one:.4g}" for one in first[:10])
    told = f"; so it is not with {int(wrong.sum()):,} of {len(found):,} rows, such as [{values}] in row {row + 1:,}"
    if found.shape[1] == 1 and 2 * wrong.sum() > len(found) and (np.isnan(found) | ((found >= 0) & (found <= 1))).all():
        told += (
            "; if each column is a labeller's probability of the second of two classes, save "
            "np.stack([1 - P, P], -1), which is [rows, labellers, 2]"
        )
    return told


def minus_one(found: np.ndarray) -> int | None:
    """What -1 has become in numbers without a sign, where their largest is there; it was saved as what it is not."""
    import numpy as np

    if found.dtype.kind != "u" or not found.size:
        return None
    high = int(found.max())
    return high if high in {np.iinfo(kind).max for kind in ("u1", "u2", found.dtype)} else None
