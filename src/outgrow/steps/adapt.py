"""The step `adapt`: a language model learns to continue a part's inputs, labels ignored."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from outgrow.learning.losses import CrossEntropy
from outgrow.learning.progress import Progress
from outgrow.models.base import Model
from outgrow.spec import plain
from outgrow.specs import TrainSpec
from outgrow.steps.base import Step
from outgrow.steps.context import Context
from outgrow.steps.memory import check_memory, rough_memory
from outgrow.steps.split import Part
from outgrow.steps.stored import stored
from outgrow.tasks.base import Output

if TYPE_CHECKING:
    from torch import Tensor, nn

    from outgrow.learning.network import Network

WEIGHTS = "model.safetensors"
TEXT = Output(kind="generation", n_classes=1)  # what it learns to continue


@dataclass(frozen=True, eq=False, kw_only=True)
class Adapted(Step):
    """A language model fine-tuned on a part's texts: weights for later trainings."""

    name: ClassVar[str] = "adapt"
    model: Model
    train: TrainSpec
    part: Part
    seed: int

    def identity(self) -> dict[str, Any]:
        return {
            "model": plain(self.model),
            "train": plain(self.train),
            "part": self.part.identity(),
            "seed": self.seed,
        }

    def inputs(self) -> dict[str, Step]:
        return {"split": self.part.split}

    @property
    def title(self) -> str:
        return f"language-model {self.model.label} on the inputs of {self.part.name}"

    @property
    def memory(self) -> int:
        return rough_memory(self.model.rough_extent, use="train")

    @property
    def work(self) -> float:
        return 3 * self.model.cost * self.part.size * self.train.epochs

    def compute(self, context: Context, folder: Path) -> None:
        from outgrow.learning.masters import leave_grid
        from outgrow.learning.network import check_network
        from outgrow.learning.train import fit
        from outgrow.learning.weights import packed, restore

        data = self.part.split.read(context)
        team = context.machine.team

        def made() -> Network:
            check_memory(self.model, TEXT, context.machine, use="train")
            return check_network(self.model.language_model(), self.model.label)

        network = team.build(made)
        rows, targets = network.continued(data.inputs[data.rows(self.part)])

        def check(network: nn.Module, progress: Progress) -> None:
            context.report(self, progress.share)

        fit(
            network, rows, targets, self.train, loss=CrossEntropy(), seed=self.seed, machine=context.machine,
            check=check, checkpoint=context.checkpoint(),
        )  # fmt: skip
        if team.in_step:  # each process has a part of it: put together by the one that writes it
            state = team.state(network)
            if team.rank:
                return
            network = check_network(self.model.language_model(), self.model.label)
            restore(network, state)
        leave_grid(network.parameters(), seed=self.seed)  # frozen ones too: low-rank updates are added to them
        (folder / WEIGHTS).write_bytes(packed(network.backbone_state()))

    def weights(self, context: Context) -> dict[str, Tensor]:
        """The weights it left."""
        from safetensors.torch import load_file

        return stored(context.store, self.key, lambda folder: load_file(folder / WEIGHTS))
