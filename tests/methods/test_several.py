"""Several supervisors in the training: limits in which the answer is known, and what is learned of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from outgrow import experiment
from outgrow.config import expand
from outgrow.errors import ConfigError
from outgrow.learning.evidence import concentration, evidential, others_from_flat
from outgrow.learning.heads import Student, train_together
from outgrow.learning.losses import Batch, CrossEntropy
from outgrow.learning.objective import Objective, Transform, WeakLabels
from outgrow.learning.weighing import Mixture, Weighed
from outgrow.methods.losses.evidential import Evidential
from outgrow.methods.losses.raven import Raven
from outgrow.methods.naive import Naive
from outgrow.methods.transforms.inverse_entropy import InverseEntropy
from outgrow.methods.transforms.mean import Mean
from outgrow.methods.transforms.vote import Vote
from outgrow.models.base import Model, models
from outgrow.specs import TrainSpec
from outgrow.steps import Steps, Trained
from outgrow.store import Store
from outgrow.sweep import run_experiments
from outgrow.tasks.base import Output


def weak(votes: np.ndarray) -> WeakLabels:
    ids = [f"row {i}" for i in range(votes.shape[1])]
    return WeakLabels(probabilities=votes.astype(np.float32), ids=ids, groups=ids)


def labelled(truth: np.ndarray, accuracies: list[float], classes: int, *, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    said = [np.where(rng.random(len(truth)) < a, truth, (truth + rng.integers(1, classes, len(truth))) % classes)
            for a in accuracies]  # fmt: skip
    return np.stack([np.eye(classes, dtype=np.float32)[one] for one in said])


def seen(logits: Tensor, targets: Tensor, *, progress: float = 1.0) -> Batch:
    n = len(logits)
    return Batch(logits=logits, targets=targets, weights=torch.ones(n), rows=torch.arange(n), progress=progress)


@pytest.mark.parametrize("count", [2, 3, 5])
@pytest.mark.parametrize("rule", [Mean(), InverseEntropy(), InverseEntropy(over="supervisors"), Vote()])
@pytest.mark.parametrize("classes", [2, 4])
def test_supervisors_that_are_the_same_are_naive_to_the_bit(count: int, rule: Transform, classes: int) -> None:
    """Soft labels of many classes are divided by their sum once more, which moves the last bit of some."""
    one = np.random.default_rng(0).dirichlet(np.ones(classes), 2_000).astype(np.float32)
    hard = Naive(labels="hard").objective().lesson(weak(one[None]), seed=0)
    sure = np.eye(classes, dtype=np.float32)[one.argmax(1)]
    fused = Objective(transforms=(rule,)).lesson(weak(np.stack([sure] * count)), seed=0)
    assert (fused.targets == hard.targets).all()
    if rule != Vote():
        soft = Naive().objective().lesson(weak(one[None]), seed=0)
        fused = Objective(transforms=(rule,)).lesson(weak(np.stack([one] * count)), seed=0)
        if classes == 2:
            assert (fused.targets == soft.targets).all()
        np.testing.assert_allclose(fused.targets, soft.targets, atol=6e-8)


def heads(loss: Any, votes: np.ndarray, features: np.ndarray, **train: Any) -> tuple[Tensor, Tensor]:
    lesson = Objective(loss=loss).lesson(weak(votes), seed=0)
    student = Student(
        rows=np.arange(len(features)), targets=torch.from_numpy(lesson.targets),
        weights=torch.from_numpy(lesson.weights), loss=lesson.loss, seed=0,
    )  # fmt: skip
    spec = TrainSpec(**{"learning_rate": 1e-2, "epochs": 4, **train})
    output = Output(kind="classification", n_classes=votes.shape[-1])
    (head,) = train_together(features, [student], spec, output, device=torch.device("cpu"))
    return head.weight, head.bias  # type: ignore[union-attr]


def points(n: int, classes: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    features = rng.standard_normal((n, 8)).astype(np.float16)
    return features, (features.astype(np.float32) @ rng.standard_normal((8, classes))).argmax(1)


@pytest.mark.parametrize("classes", [2, 4])
def test_raven_without_learning_or_easy_rows_is_the_mean(classes: int) -> None:
    features, truth = points(600, classes)
    votes = labelled(truth, [0.9, 0.7, 0.6], classes)
    votes[0, ::7] = 0  # who abstains does not count
    plain = heads(CrossEntropy(), votes, features)
    still = heads(Raven(rate=0, easy=0), votes, features)
    moving = heads(Raven(rate=0.05, easy=0), votes, features)
    for one, other, moved in zip(plain, still, moving, strict=True):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-5)
        assert (one - moved).abs().max() > 1e-3


def test_raven_with_one_supervisor_is_naive() -> None:
    features, truth = points(300, 3)
    votes = labelled(truth, [0.8], 3)
    for one, other in zip(heads(CrossEntropy(), votes, features), heads(Raven(easy=0), votes, features), strict=True):
        torch.testing.assert_close(one, other, atol=1e-6, rtol=1e-6)


def test_weights_of_supervisors_follow_how_often_they_are_right() -> None:
    features, truth = points(2_000, 2)
    x, votes = torch.from_numpy(features).float(), torch.from_numpy(labelled(truth, [0.9, 0.75, 0.6, 0.6], 2))
    mixture = Mixture(votes, rate=0.0008, easy=0.1)
    weight = torch.zeros(2, 8, requires_grad=True)
    optimizer = torch.optim.Adam([weight], lr=1e-2)
    for step in range(300):
        batch = seen(x @ weight.T, votes.mean(0), progress=step / 300)
        if step == 29:
            assert mixture.weights.tolist() == [0.25] * 4, "they stay while only easy rows count"
        optimizer.zero_grad()
        mixture(batch).backward()
        optimizer.step()
    found = mixture.weights
    torch.testing.assert_close(found.sum(), torch.ones((), dtype=torch.float64))
    assert found[0] > found[1] + 0.02
    assert found[1] > found[2:].max() + 0.02
    assert found.min() >= 1e-7


def test_at_first_only_rows_count_whose_supervisors_agree() -> None:
    votes = torch.tensor([[[1.0, 0], [1, 0], [0.4, 0.6], [0, 0]], [[0.6, 0.4], [0, 1], [0, 0], [0, 0]]])
    logits = torch.randn(4, 2, generator=torch.Generator().manual_seed(0)).requires_grad_()
    batch = seen(logits, votes.mean(0), progress=0.1)
    (gradient,) = torch.autograd.grad(Mixture(votes, rate=1.0, easy=0.2)(batch), logits)
    assert (gradient.abs().sum(1) > 0).tolist() == [True, False, True, False]  # who abstains disagrees with nobody
    later = seen(logits, votes.mean(0), progress=0.5)
    (gradient,) = torch.autograd.grad(Mixture(votes, rate=1.0, easy=0.2)(later), logits)
    assert (gradient.abs().sum(1) > 0).tolist() == [True, True, True, False]


@pytest.mark.parametrize("classes", [2, 3, 7])
def test_without_evidence_all_is_even_and_costs_the_logarithm_of_the_classes(classes: int) -> None:
    logits, generator = torch.zeros(5, classes), torch.Generator().manual_seed(0)
    wanted = torch.rand(5, classes, generator=generator).softmax(-1)
    assert (concentration(logits) == 1).all()
    assert (others_from_flat(concentration(logits)).abs() < 1e-6).all()
    for progress in (0.0, 1.0):
        for gamma in (0.0, 0.5):
            value = Evidential(gamma=gamma).start(wanted)(seen(logits, wanted, progress=progress))
            torch.testing.assert_close(value, torch.log(torch.tensor(float(classes))))


@pytest.mark.parametrize("classes", [2, 4])
def test_the_divergence_is_that_of_dirichlet_distributions(classes: int) -> None:
    logits = torch.randn(6, classes, generator=torch.Generator().manual_seed(1), dtype=torch.float64) * 3
    alpha, found = concentration(logits), others_from_flat(concentration(logits))
    flat = torch.distributions.Dirichlet(torch.ones(classes, dtype=torch.float64))
    for k in range(classes):
        own = alpha.clone()
        own[:, k] = 1
        expected = torch.distributions.kl_divergence(torch.distributions.Dirichlet(own), flat)
        torch.testing.assert_close(found[:, k], expected, atol=1e-5, rtol=1e-5)
    fit = evidential(logits, share=0.0)
    torch.testing.assert_close(fit, alpha.sum(-1, keepdim=True).log() - alpha.log())


def test_how_sure_a_label_is_plays_a_part() -> None:
    """Where one loss of the best class is multiplied by a label that sums to 1, it does not."""
    logits = torch.tensor([[2.0, 0.5, -1.0]])
    sure, unsure = torch.tensor([[1.0, 0, 0]]), torch.tensor([[0.5, 0.4, 0.1]])
    loss = Evidential(gamma=0.0).start(None)
    costs = evidential(logits, share=1.0)[0]
    torch.testing.assert_close(loss(seen(logits, unsure)), (unsure[0] * costs).sum())
    assert loss(seen(logits, unsure)) > loss(seen(logits, sure)) + 0.1


def test_evidential_of_several_supervisors_is_the_mean_of_each() -> None:
    logits = torch.randn(4, 3, generator=torch.Generator().manual_seed(2)) * 2
    votes = torch.rand(3, 4, 3, generator=torch.Generator().manual_seed(3)).softmax(-1)
    loss = Evidential().start(None)
    each = torch.stack([loss(seen(logits, one, progress=0.5)) for one in votes])
    torch.testing.assert_close(loss(seen(logits, votes.mean(0), progress=0.5)), each.mean())


def test_a_student_learns_by_evidence() -> None:
    features, truth = points(1_000, 3)
    right = []
    for gamma in (0.25, 0.5):
        weight, bias = heads(Evidential(gamma=gamma), labelled(truth, [0.9], 3), features, epochs=10)
        answers = (torch.from_numpy(features).float() @ weight.T + bias).argmax(1).numpy()
        right.append((answers == truth).mean())
    assert right[0] > 0.93
    assert right[1] < 0.8, "with half of the weight on its own answers it believes what it began with"


@pytest.fixture
def frozen_toys(frozen_toy: Callable[..., Model], added: Any) -> None:
    added(models, "frozen-toy", frozen_toy)


@pytest.mark.parametrize("strong", ["toy-l", "frozen-toy"])
@pytest.mark.usefixtures("frozen_toys")
def test_the_labels_of_each_supervisor_reach_heads_and_networks(
    document: dict[str, Any], store: Store, strong: str
) -> None:
    members: list[Any] = ["random", {"model": "random", "rate": 0.4}, {"model": "random", "rate": 0.45}]
    document |= {"weak": {"model": "ensemble", "members": members}, "strong": {"model": strong}}
    document["sweep"] = {
        "method": ["naive", {"name": "raven", "rate": 0.0, "easy": 0.0}, {"name": "raven", "rate": 0.3}]
    }
    made = expand(document, name="ravens")
    assert not run_experiments(made, store).failures
    states = []
    for one in made:
        student = experiment.run(one, Steps()).student.by
        assert isinstance(student, Trained)
        states.append((store.open(student.key) / "model.safetensors").read_bytes())
    assert states[2] not in states[:2]
    from safetensors.torch import load

    naive, same = load(states[0]), load(states[1])
    for name, value in naive.items():
        torch.testing.assert_close(value, same[name], atol=1e-4, rtol=1e-4)


def test_what_needs_a_convex_loss_is_told(document: dict[str, Any]) -> None:
    document |= {"method": "raven", "strong": {"model": "toy-l", "train": {"optimizer": "lbfgs"}}}
    document.pop("sweep")
    with pytest.raises(ConfigError, match="needs a convex loss, and the loss of 'raven' is not"):
        expand(document, name="ravens")


def test_some_of_the_rows_keep_what_each_supervisor_said_of_them() -> None:
    votes = labelled(np.arange(6) % 2, [0.9, 0.5], 2)
    loss = Objective(loss=Raven()).lesson(weak(votes), seed=0).loss
    assert isinstance(loss, Weighed)
    some = loss.of([4, 1])
    assert (some.votes == votes[:, [4, 1]]).all()
    assert loss.apart(4) == some.apart(0) == votes[:, 4].tobytes()
    assert Raven().of([0]) == Raven()
    assert Raven().apart(0) == b""
