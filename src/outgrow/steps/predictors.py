"""Steps that can answer: trained models, prompted models, models as they are, and labels out of a file."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, cast

from outgrow.config import Role, TrainSpec
from outgrow.errors import OutgrowError
from outgrow.methods.base import Method
from outgrow.models.base import Model
from outgrow.spec import digest, plain
from outgrow.steps.base import Step, Write
from outgrow.steps.data import Features, Part, Split

if TYPE_CHECKING:
    import numpy as np
    from torch import nn

    from outgrow.runtime import Context
    from outgrow.steps.scores import Labels


@dataclass(frozen=True, eq=False, kw_only=True)
class Predictor(Step):
    """Something that answers examples of a split."""

    model: Model

    @property
    def cost(self) -> float | None:
        """Multiply-accumulates of one answer; None where it is no model."""
        return self.model.cost

    def answer(self, context: Context, part: Part) -> np.ndarray:
        """Its answers to the rows of a part: probabilities float32 [n, classes]; for generation, texts [n]."""
        from outgrow.learning.predict import predict

        network = self.network(context, part.split)
        return predict(network, context.rows(network, part, self.features), machine=context.machine)

    def network(self, context: Context, split: Split) -> nn.Module:
        """The network that answers, ready to use."""
        raise NotImplementedError

    @property
    def features(self) -> Features | None:
        """The stored features that the network takes instead of the task's inputs, if it does."""
        return None


@dataclass(frozen=True, eq=False, kw_only=True)
class Untrained(Predictor):
    """A pretrained model as it is. Describes no result of its own, so it is never computed or stored."""

    name: ClassVar[str] = "pretrained"

    def spec(self) -> dict[str, Any]:
        return {"model": plain(self.model)}

    def inputs(self) -> dict[str, Step]:
        return {}

    def compute(self, context: Context, folder: Path) -> None:
        """Nothing to do: the pretrained weights are there already."""

    def network(self, context: Context, split: Split) -> nn.Module:
        return self.model.build(context.split(split).output, seed=0)


@dataclass(frozen=True, eq=False, kw_only=True)
class Adapted(Step):
    """A language model fine-tuned to continue a part's inputs, labels ignored: weights for later trainings."""

    name: ClassVar[str] = "adapt"
    model: Model
    train: TrainSpec
    part: Part
    seed: int

    def spec(self) -> dict[str, Any]:
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
    def work(self) -> float:
        return 3 * self.model.cost * self.part.size * self.train.epochs

    def compute(self, context: Context, folder: Path) -> None:
        from outgrow.steps.training import adapt

        adapt(self, context, folder)


@dataclass(frozen=True, eq=False, kw_only=True)
class Trained(Predictor):
    """A model fine-tuned on a part, with ground truth (`labels` None) or with weak labels."""

    name: ClassVar[str] = "finetune"
    version: ClassVar[int] = 2
    role: Role
    part: Part
    labels: Labels | None
    method: Method | None
    seed: int
    start: Adapted | None
    frozen: Features | None

    def spec(self) -> dict[str, Any]:
        return {
            "model": plain(self.role.model),
            "train": plain(self.role.train),
            "part": self.part.identity(),
            "method": plain(self.method),
            "seed": self.seed,
        }

    def inputs(self) -> dict[str, Step]:
        found: dict[str, Step] = {"split": self.part.split}
        if self.labels:
            found |= {"labels": self.labels, "supervisor": self.labels.model}
        if self.frozen:
            found["features"] = self.frozen
        elif self.start:
            found["start"] = self.start
        return found

    @property
    def title(self) -> str:
        teacher = "ground truth" if self.labels is None else f"labels of {self.labels.model.model.label}"
        how = f" ({self.method.label()})" if self.method else ""
        return f"train {self.role.model.label} on {teacher}{how}"

    @property
    def work(self) -> float:
        if self.frozen:  # a linear head on stored features costs next to nothing
            return 0.0
        return 3 * self.model.cost * self.part.size * self.role.train.epochs

    @cached_property
    def together(self) -> str:
        """Heads on the same features, with equally many rows, that are trained alike."""
        if self.frozen is None:
            return ""
        train = dataclasses.replace(self.role.train, l2=0.0)
        return digest([self.frozen.key, self.part.size, train])

    def compute(self, context: Context, folder: Path) -> None:
        if self.frozen is None:
            from outgrow.steps.training import finetune

            finetune(self, context, folder)
            return
        made = self.compute_together([self], context)[self.key]
        if isinstance(made, OutgrowError):
            raise made
        made(folder)

    def compute_together(self, steps: Sequence[Step], context: Context) -> dict[str, Write | OutgrowError]:
        from outgrow.learning.heads import finetune_together

        return finetune_together(cast("Sequence[Trained]", steps), context)

    def network(self, context: Context, split: Split) -> nn.Module:
        from outgrow.steps.training import load_trained

        return load_trained(self, context)

    @property
    def features(self) -> Features | None:
        return self.frozen

    def answer(self, context: Context, part: Part) -> np.ndarray:
        if self.frozen is None:
            return super().answer(context, part)
        from outgrow.learning.heads import answers

        chosen = context.split(part.split).rows(part)
        return answers(self.network(context, part.split), context.features(self.frozen), chosen)


@dataclass(frozen=True, eq=False, kw_only=True)
class Given(Predictor):
    """Labels that come from outside, by example id: people, an API, another program."""

    name: ClassVar[str] = "given"
    split: Split

    def spec(self) -> dict[str, Any]:
        return {"labels": plain(self.model)}

    def inputs(self) -> dict[str, Step]:
        return {"split": self.split}

    @property
    def title(self) -> str:
        return "read the labels given"

    @property
    def cost(self) -> float | None:
        return None

    def compute(self, context: Context, folder: Path) -> None:
        from safetensors.numpy import save

        from outgrow.models.labels import LabelFile

        assert isinstance(self.model, LabelFile)
        data = context.split(self.split)
        parts = [data.rows(self.split.part(name)) for name in ("transfer", "validation", "test")]
        found = {
            name: self.model.read([data.ids[row] for row in rows], data.output, data.ids)
            for name, rows in zip(("transfer", "validation", "test"), parts, strict=True)
        }
        (folder / "given.safetensors").write_bytes(save(found))

    def answer(self, context: Context, part: Part) -> np.ndarray:
        from safetensors.numpy import load_file

        return load_file(context.store.open(self.key) / "given.safetensors")[part.name][part.start : part.stop]


@dataclass(frozen=True, eq=False, kw_only=True)
class Prompted(Predictor):
    """A language model that sees some weakly labelled examples in its prompt, and is not trained at all."""

    name: ClassVar[str] = "prompt"
    part: Part
    labels: Labels | None
    shots: int
    seed: int

    def spec(self) -> dict[str, Any]:
        return {
            "model": plain(self.model),
            "part": self.part.identity(),
            "shots": self.shots,
            "seed": self.seed,
        }

    def inputs(self) -> dict[str, Step]:
        found: dict[str, Step] = {"split": self.part.split}
        return found | ({"labels": self.labels} if self.labels else {})

    @property
    def title(self) -> str:
        return f"prompt {self.model.label} with {self.shots} examples"

    def compute(self, context: Context, folder: Path) -> None:
        from outgrow.text.prompting import choose_shots

        choose_shots(self, context, folder)

    def network(self, context: Context, split: Split) -> nn.Module:
        from outgrow.text.prompting import load_prompted

        return load_prompted(self, context)
