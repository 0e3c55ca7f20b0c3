"""The step `finetune`: a whole network is trained."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from outgrow.errors import ConfigError, StepFailed
from outgrow.learning.progress import Progress
from outgrow.steps.checks import Checks
from outgrow.steps.context import Context
from outgrow.steps.memory import check_memory
from outgrow.steps.stored import stored
from outgrow.steps.trained import CHECKS, CURVE, NOTES, WEIGHTS, Trained
from outgrow.tasks.base import Output

if TYPE_CHECKING:
    from outgrow.learning.batching import Rows
    from outgrow.learning.network import Network
    from outgrow.learning.objective import Lesson, Targets


@dataclass(frozen=True, eq=False, kw_only=True)
class Finetuned(Trained):
    """A network fine-tuned in full, or in as much of it as its family trains."""

    def compute(self, context: Context, folder: Path) -> None:
        from outgrow.learning.predict import predict
        from outgrow.learning.train import fit
        from outgrow.learning.weights import packed

        team = context.machine.team
        network = team.build(lambda: self._begun(context, self.part.kind(context)))
        lesson, texts = self.lesson(context)
        rows, targets = _to_learn(network, self.part.values(context)[lesson.kept], lesson, texts)
        checks = Checks(self, context)
        held_out = network.encode(checks.part.values(context))

        def check(network: Network, progress: Progress) -> None:
            checks.note(predict(network, held_out, machine=context.machine), progress, lambda: team.state(network))

        try:
            fit(
                network, rows, targets, self.role.train, loss=lesson.loss, weights=lesson.weights[lesson.kept],
                seed=self.seed, machine=context.machine, check=check, checkpoint=context.checkpoint(checks),
            )  # fmt: skip
        except StepFailed as error:
            if team.rank:
                raise
            context.store.drop_unfinished(self.key)  # whoever went on from it would fail in the same way
            kept = context.store.set_weights_aside(self.key, packed(checks.last))
            raise StepFailed(f"{error}; the weights of the last check before that are kept in {kept}") from None
        (folder / WEIGHTS).write_bytes(packed(checks.kept(team.state(network))))
        (folder / CURVE).write_text(json.dumps(checks.curve))
        (folder / CHECKS).write_bytes(checks.by_row())
        (folder / NOTES).write_text(json.dumps([*lesson.notes, *checks.notes, *network.notes(rows)]))

    def network(self, context: Context, output: Output) -> Network:
        from outgrow.learning.weights import put_back

        check_memory(self.role.model, self.part.kind(context), context.machine, use="answer with")
        network = self._new(context, self.part.kind(context))
        stored(context.store, self.key, lambda folder: put_back(network, folder / WEIGHTS))
        return network

    def _begun(self, context: Context, output: Output) -> Network:
        """The network before the training."""
        if why := self.role.model.misfit_on(context.machine.device.type):
            raise ConfigError(f"the model {self.label!r} {why}")
        check_memory(self.role.model, output, context.machine, use="train")
        return self.after.network(context, output) if self.after else self._new(context, output)

    def _new(self, context: Context, output: Output) -> Network:
        from outgrow.learning.network import check_network

        start = self.start.weights(context) if self.start else None
        return check_network(self.role.model.build(output, seed=self.seed, start=start), self.label)


def _to_learn(
    network: Network, inputs: np.ndarray, lesson: Lesson, texts: tuple[str, ...] | None
) -> tuple[Rows, Targets]:
    """Encoded rows and what the network is to say of them; where texts are generated, the most probable text."""
    import torch

    from outgrow.learning.objective import Probabilities

    rows, targets = network.encode(inputs), lesson.targets[lesson.kept]
    if texts is None:
        return rows, Probabilities(torch.from_numpy(targets))
    return network.answered(rows, np.array(texts, dtype=object)[targets.argmax(1)])
