"""Model families."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from outgrow.errors import DataError, NotFetched
from outgrow.models.base import Model
from outgrow.registry import in_one_line
from outgrow.spec import canonical
from outgrow.tasks.base import Output
from outgrow.testing.broken import Broken, demand
from outgrow.testing.samples import Sample, pairs, samples

if TYPE_CHECKING:
    from torch import Tensor

    from outgrow.learning.network import Network


def check_ladder(model: Model) -> None:
    """It costs something, stands on its ladder, and the ladder rises."""
    demand(model.kinds, f"{model.name}: kinds is empty: which tasks can it learn?")
    demand(model.cost > 0, f"{model.name}: cost must be the multiply-accumulates of one example")
    ladder = model.ladder()
    demand(model in ladder, f"{model.name} is not on its own ladder")
    costs = [one.cost for one in ladder]
    demand(costs == sorted(set(costs)), f"{model.name}: the ladder's costs must rise, and they are {costs}")
    demand(len({one.label for one in ladder}) == len(ladder), f"{model.name}: two sizes have one label")
    demand(len({canonical(one.identity()) for one in ladder}) == len(ladder), f"{model.name}: two sizes are one model")


def check_network(model: Model) -> None:
    """Its network gives finite answers that depend on the row and not on its batch; the same seed, the same weights.

    It is tried with rows of the shipped kinds: texts, images, chess positions, the toy task's points.
    """
    if "classification" in model.kinds:
        network, sample = _understood(model)
        _check_rows(model, network, sample)
        _check_seeds(model, sample.output)
    else:
        sample = samples()[0]
    if "preference" in model.kinds:
        _check_pairs(model, sample)


def _made(model: Model, output: Output, *, seed: int = 0) -> Network:
    from outgrow.learning.network import check_network as ours

    extractor = model.extractor()
    made = extractor.build(output) if extractor else model.build(output, seed=seed)
    try:
        return ours(made, model.name).eval()
    except TypeError as error:
        raise Broken(str(error)) from error


def _understood(model: Model) -> tuple[Network, Sample]:
    """The network, and the first rows that it takes."""
    refused: list[str] = []
    made: tuple[Output, Network] | None = None
    for sample in samples():
        try:
            if made is None or made[0] != sample.output:
                made = sample.output, _made(model, sample.output)
            _answer(made[1], sample.inputs)
        except (Broken, NotFetched):
            raise
        except (ValueError, TypeError, IndexError, KeyError, AttributeError, RuntimeError, DataError) as error:
            refused.append(f"{sample.what}: {in_one_line(error)}")
            continue
        return made[1], sample
    raise Broken(f"{model.name} takes none of the rows that it was tried with ({'; '.join(refused)})")


def _answer(network: Network, inputs: np.ndarray, *, order: slice = slice(None)) -> Tensor:
    import torch

    rows = network.encode(inputs)
    with torch.inference_mode():
        found: Tensor = network(rows.batch(np.arange(len(inputs))[order], torch.device("cpu")))
    return found


def _check_rows(model: Model, network: Network, sample: Sample) -> None:
    import torch

    name, n = model.name, len(sample.inputs)
    frozen = model.extractor() is not None
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for weight in _zero_weights(network):  # such as a head that begins at zero: nothing would be seen
            weight.normal_(0, 0.02, generator=generator)
    together = _answer(network, sample.inputs)
    what = "features" if frozen else "logits"
    shape = (n, "width") if frozen else (n, sample.output.n_classes)
    demand(
        together.shape == shape or (frozen and together.ndim == 2 and len(together) == n),
        f"{name}: {what} must be {list(shape)}, not {list(together.shape)}",
    )
    demand(together.dtype == torch.float32, f"{name}: {what} must be float32, not {together.dtype}")
    demand(bool(torch.isfinite(together).all()), f"{name}: {what} are not finite for {sample.what}")
    demand(len(torch.unique(together, dim=0)) > 1, f"{name}: {what} are the same for every row")
    alone = torch.cat([_answer(network, sample.inputs, order=slice(row, row + 1)) for row in range(n)])
    turned = _answer(network, sample.inputs, order=slice(None, None, -1)).flip(0)
    for other, how in ((alone, "which rows share its batch"), (turned, "the order of its batch")):
        close = torch.allclose(other, together, atol=1e-4, rtol=1e-4)  # float32 sums in another order
        demand(close, f"{name}: {what} of a row depend on {how}; mask what is padding")
    if not frozen:
        _check_gradient(model, network, sample)
    if not frozen and model.represents:
        _check_representation(model, network, sample.inputs, together)


def _check_representation(model: Model, network: Network, inputs: np.ndarray, logits: Tensor) -> None:
    import torch

    with torch.inference_mode():
        again, vectors = network.represent(network.encode(inputs).batch(np.arange(len(inputs)), torch.device("cpu")))
    demand(torch.equal(again, logits), f"{model.name}: represent must give the logits that forward gives")
    rows = logits.shape[0] * (inputs.ndim if inputs.dtype == object else 1)  # two texts of each pair
    demand(vectors.ndim == 2 and len(vectors) == rows,
           f"{model.name}: represent must give vectors [{rows}, width], not {list(vectors.shape)}")  # fmt: skip


def _zero_weights(network: Network) -> Iterator[Tensor]:
    return (one for one in network.parameters() if one.ndim > 1 and not one.any())


def _check_gradient(model: Model, network: Network, sample: Sample) -> None:
    import torch

    rows = network.encode(sample.inputs).batch(np.arange(len(sample.inputs)), torch.device("cpu"))
    loss = -network(rows).log_softmax(-1)[:, 0].mean()
    learned = [one for one in network.parameters() if one.requires_grad]
    demand(learned, f"{model.name}: nothing in it can be trained; give an extractor instead")
    demand(loss.requires_grad, f"{model.name}: no gradient reaches its weights")
    found = [one for one in torch.autograd.grad(loss, learned, allow_unused=True) if one is not None]
    demand(any(bool(one.any()) for one in found), f"{model.name}: no gradient reaches its weights")
    demand(all(bool(torch.isfinite(one).all()) for one in found), f"{model.name}: a gradient is not finite")


def _check_seeds(model: Model, output: Output) -> None:
    import torch

    digests = []
    for ambient in (1, 2):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(ambient)
            state = _made(model, output, seed=7).state_dict()
        kinds = {value.dtype for value in state.values() if value.is_floating_point()}
        demand(kinds <= {torch.float32}, f"{model.name}: weights must be float32, not {kinds}")
        whole = hashlib.sha256()
        for key, value in state.items():
            whole.update(key.encode() + value.contiguous().numpy().tobytes())
        digests.append(whole.hexdigest())
    demand(
        digests[0] == digests[1], f"{model.name}: the same seed must give the same weights, whatever was drawn before"
    )


def _check_pairs(model: Model, sample: Sample) -> None:
    import torch

    network = _made(model, Output(kind="preference", n_classes=2))
    both = pairs(sample)
    found = _answer(network, both)
    demand(found.shape[:2] == (len(both), 2), f"{model.name}: of pairs it must give [{len(both)}, 2, ...]")
    turned = _answer(network, both[:, ::-1])
    same = torch.allclose(found, turned.flip(1), atol=1e-4, rtol=1e-4)
    demand(same, f"{model.name}: what it gives a candidate depends on which stands first")
    if model.represents and model.extractor() is None:
        _check_representation(model, network, both, found)
