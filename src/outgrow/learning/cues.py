"""Cues: what is easily seen of an input, and has little to do with its class."""

from __future__ import annotations

import re
from typing import Literal

import numpy as np

from outgrow.errors import DataError
from outgrow.learning.synthetic import Seen

Cue = Literal["length", "word", "feature"]


def cue_of(seen: Seen, cue: Cue, word: str) -> np.ndarray:
    """Whether each row has the cue, int64 [n]: 1, or -1 if not; 0 where two candidates do not differ in it.

    A text has it that is longer than the median of transfer, or that has the word; a row, whose first feature is
    larger than the median. Of two candidates it is the second that is the longer, that alone has the word, or that has
    the larger first feature.
    """
    if cue == "feature":
        values = seen.numbers()[:, 0]
    elif cue == "length":
        values = seen.lengths()
    else:
        values = _with(seen, word)
    if seen.pairs:
        return np.asarray(np.sign(values if values.ndim == 1 else values[:, 1] - values[:, 0]), np.int64)
    middle = 0.5 if cue == "word" else float(np.median(values[: seen.transfer]))
    return np.where(values > middle, 1, -1)


def _with(seen: Seen, word: str) -> np.ndarray:
    if seen.inputs.dtype != object:
        raise DataError(f"weak.word = {word!r}: the inputs are numbers and have no words")
    found = re.compile(rf"(?<!\w){re.escape(word)}(?!\w)", re.IGNORECASE)
    has = np.vectorize(lambda text: int(found.search(text) is not None), otypes=[np.int64])
    return np.asarray(has(seen.inputs))
