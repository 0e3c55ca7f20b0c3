"""What X is to a pretrained model: texts, pairs of texts, paths of images, or numbers; and its features."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from outgrow.config.build import component
from outgrow.config.where import Where
from outgrow.errors import ConfigError
from outgrow.estimators.cells import WrongInput
from outgrow.models.base import Model, as_probe, models
from outgrow.models.bases.images import ImageModel
from outgrow.spec import short
from outgrow.tasks.base import Output
from outgrow.tasks.sources.alike import bare, folded
from outgrow.tasks.sources.rows import key

if TYPE_CHECKING:
    from outgrow.learning.machine import Machine


def model_of(given: str | Mapping[str, Any] | Model) -> Model:
    """The pretrained model as a linear head on its frozen features: by name, as a table with `model`, or itself."""
    if isinstance(given, Model):
        made = given
    elif isinstance(given, str | Mapping):
        table = {"model": given} if isinstance(given, str) else dict(given)
        made = component(models, table, "model", "model", Where("model", ""))
    else:
        raise ConfigError(f"model = {short(given)}: a name of `outgrow list models`, a table with `model`, or None")
    found = as_probe(made)
    if found is None:
        raise ConfigError(
            f"the model {made.label!r} has no frozen features for a linear head; choose another (outgrow list models)"
        )
    return found


def inputs_of(X: Any, model: Model, *, pairs: bool) -> np.ndarray:
    """Rows as a model takes them: texts or absolute paths, object [n], pairs object [n, 2], or numbers as they are."""
    found = X if isinstance(X, np.ndarray) else np.asarray(X, object)
    if found.dtype == object and not isinstance(next(found.flat, ""), str | os.PathLike):
        numbers = np.asarray(X)
        found = numbers if numbers.dtype.kind in "biuf" else found
    if found.ndim == 0 or len(found) == 0:
        raise WrongInput(f"X has no rows: {short(X)}; the model {model.label!r} wants one text, pair or image each")
    if found.dtype.kind in "biuf":
        return found
    if not pairs and found.ndim == 2 and found.shape[1] == 1:
        found = found[:, 0]
    if found.shape[1:] != ((2,) if pairs else ()):
        wanted = "two texts a row, [n, 2]" if pairs else "one text or path a row, [n]"
        raise WrongInput(f"X has the shape {found.shape}; the model {model.label!r} wants {wanted}")
    texts = np.empty(found.shape, object)
    for at, one in np.ndenumerate(found):
        if not isinstance(one, str | os.PathLike):
            raise WrongInput(f"row {at[0]:,} of X is {short(one)}; the model {model.label!r} wants texts or paths")
        path = isinstance(model, ImageModel) and str(one)
        texts[at] = os.path.abspath(os.path.expanduser(one)) if path else str(one)
        if not path and not _is_whole(str(one)):
            raise WrongInput(
                f"row {at[0]:,} of X is {short(one)}, which has half a surrogate pair in it, and no model reads such: "
                "decode the text anew, or write text.encode('utf-16', 'surrogatepass').decode('utf-16', 'replace')"
            )
    return texts


def _is_whole(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def a_text(X: Any) -> str | None:
    """The first text among what should be numbers; None where there is none."""
    return next((one for one in np.asarray(X, object).flat if isinstance(one, str)), None)


def empty(inputs: np.ndarray) -> np.ndarray:
    """Rows with nothing to see, bool [n]: an empty text, or no two different candidates."""
    if inputs.dtype != object:
        return np.zeros(len(inputs), bool)
    rows = [[one.strip() for one in row] for row in inputs.reshape(len(inputs), -1)]
    return np.array([not all(row) or len({*row}) < len(row) for row in rows])


def check_fit(inputs: np.ndarray, model: Model, output: Output) -> None:
    """WrongInput where a model cannot learn from such rows, or such a task."""
    unable = output.kind not in model.kinds
    why = f"cannot learn {output.kind} tasks" if unable else model.misfit(inputs[:1], output)
    if why:
        raise WrongInput(f"the model {model.label!r} does not fit X: it {why}; choose another (outgrow list models)")


def alike(inputs: np.ndarray) -> list[str]:
    """Equal for rows that are to be held out together: texts but for blanks, case, punctuation, and order in a pair."""
    if inputs.dtype != object:
        return [one.hex() for one in exactly(inputs)]
    return [key(*sorted(bare(folded(one)) for one in row)) for row in inputs.reshape(len(inputs), -1)]


def exactly(rows: np.ndarray) -> list[bytes]:
    """A hash of each row's numbers."""
    from hashlib import blake2b

    return [blake2b(np.ascontiguousarray(row).tobytes(), digest_size=16).digest() for row in rows]


def raw_features(model: Model, inputs: np.ndarray, output: Output, machine: Machine) -> tuple[np.ndarray, list[str]]:
    """What the frozen network makes of rows, float32 [n, width] or [n, 2, width] of pairs, and what it has to tell."""
    from outgrow.learning.extract import extracted
    from outgrow.learning.network import check_network

    extractor = model.extractor()
    assert extractor is not None  # so says `model_of`
    network = check_network(extractor.build(output), model.label)
    machine.place(network, machine.number_format(network)).eval()
    rows = network.encode(inputs)
    pieces = list(extracted(network, rows, machine, model.label))
    found = np.empty((len(rows), *pieces[0][1].shape[1:]), np.float32)
    for piece, values in pieces:
        found[piece] = values
    return found, network.notes(rows)
