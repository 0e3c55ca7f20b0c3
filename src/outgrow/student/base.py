"""A trained model as a value: a pretrained base, what training changed, and what it answers."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from outgrow.models.base import Model
from outgrow.spec import digest, plain
from outgrow.tasks.base import Output

if TYPE_CHECKING:
    from outgrow.learning.batching import Rows
    from outgrow.learning.machine import Machine
    from outgrow.learning.network import Network
    from outgrow.learning.pieces import Pieces
    from outgrow.learning.weights import State

MEAN, DEVIATION = "features.mean", "features.deviation"  # beside a head's weights


@dataclass(frozen=True, kw_only=True)
class Student:
    """A trained model that answers new rows.

    Args:
        model: the pretrained base; its weights are not part of the student.
        output: what is answered.
        state: parameters that training changed; of a linear head also `features.mean` and `features.deviation` [width],
            by which features are standardised.
        start: weights of a generative fine-tuning that the base begins from, if there are such.
        columns: the columns of a table that inputs come from: `text`, or `first` and `second`, and `prompt`.
        about: how it came to be, as plain data: method, seed, supervisors, data, versions.
    """

    model: Model
    output: Output
    state: State
    start: State | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    about: Mapping[str, Any] = field(default_factory=dict)

    def __getstate__(self) -> dict[str, Any]:
        """Its fields alone: networks that are in memory are built again."""
        return {name: value for name, value in vars(self).items() if name not in ("network", "_frozen")}

    @property
    def is_probe(self) -> bool:
        """Whether it is a linear head on the features of a frozen network."""
        return self.model.extractor() is not None

    @property
    def classes(self) -> list[str]:
        """Names of the classes; their numbers where they have none."""
        return classes_of(self.output)

    def answers(self, inputs: np.ndarray, machine: Machine, *, kept: Pieces | None = None) -> np.ndarray:
        """Probabilities float32 [n, classes] of rows as a task has them: texts [n], pairs [n, 2], or numbers.

        Args:
            kept: pieces that a network that was trained answered before.
        """
        if not len(inputs):
            return np.zeros((0, self.output.n_classes), np.float32)
        return self.answers_to(self.encode(inputs), machine, kept=kept)

    def encode(self, inputs: np.ndarray) -> Rows:
        """Rows as the network takes them; at least one."""
        return (self._frozen if self.is_probe else self.network).encode(inputs)

    def answers_to(self, rows: Rows, machine: Machine, *, kept: Pieces | None = None) -> np.ndarray:
        """Probabilities float32 [n, classes] of encoded rows."""
        from outgrow.learning.pieces import NONE
        from outgrow.learning.predict import predict

        if not self.is_probe:
            return predict(self.network, rows, machine=machine, kept=kept or NONE)
        from outgrow.learning.extract import features_of
        from outgrow.learning.heads import answers

        frozen = self._frozen
        machine.place(frozen, machine.number_format(frozen)).eval()
        mean, deviation = (self.state[name].numpy() for name in (MEAN, DEVIATION))
        features = features_of(frozen, rows, mean, deviation, machine, self.model.label, stored=False)
        return answers(self.network, features, np.arange(len(features)))

    @cached_property
    def fingerprint(self) -> str:
        """What determines its answers, 64 hex digits: base model, weights, classes."""
        import torch

        hashed = hashlib.sha256(digest([plain(self.model), self.output.kind, self.classes]).encode())
        for part in (self.state, self.start or {}):
            for name, value in sorted(part.items()):
                hashed.update(f"{name} {value.dtype} {tuple(value.shape)};".encode())
                hashed.update(value.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes())
        return hashed.hexdigest()

    @cached_property
    def network(self) -> Network:
        """What was trained: the linear head of a probe, else the whole network."""
        from outgrow.learning.network import check_network
        from outgrow.learning.probe import Probe
        from outgrow.learning.weights import restore

        if self.is_probe:
            network: Network = Probe(self.state[MEAN].shape[-1], self.output, seed=0)
        else:
            network = check_network(self.model.build(self.output, seed=0, start=self.start), self.model.label)
        restore(network, {name: value for name, value in self.state.items() if name not in (MEAN, DEVIATION)})
        return network.eval()

    @cached_property
    def _frozen(self) -> Network:
        from outgrow.learning.network import check_network

        extractor = self.model.extractor()
        assert extractor is not None  # so says `is_probe`
        return check_network(extractor.build(self.output, start=self.start), self.model.label)


def classes_of(output: Output) -> list[str]:
    """Names of the classes; their numbers where they have none."""
    return list(output.class_names) or [str(i) for i in range(output.n_classes)]
