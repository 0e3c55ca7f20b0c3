"""Pretrained language models: from the model hub, a folder, or an offline pack."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from outgrow.errors import ConfigError
from outgrow.models.base import Extractor, Model, Weights
from outgrow.models.bases.language_preset import Preset as Preset
from outgrow.models.bases.presets import Presets
from outgrow.models.bases.texts import TextModel
from outgrow.spec import spec
from outgrow.tasks.base import Kind, Output

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np

    from outgrow.learning.footprint import Extent
    from outgrow.learning.network import Network
    from outgrow.text.configuration import Size
    from outgrow.text.pretrained import Pretrained

TOKENS = 64  # of an example, for estimates of cost alone
LETTERS = 4  # of a token, roughly
OTHERS = 0.1  # of the weights, roughly, are of no linear layer, such as embeddings, and keep all their bits


PRESETS: Presets[Preset] = Presets()
PROBE: dict[str, Any] = {"epochs": 20, "batch_size": 128, "schedule": "cosine", "learning_rate": 1e-3}
TUNING: dict[str, Any] = {"epochs": 2, "batch_size": 32, "schedule": "linear", "warmup": 0.06}


@spec
class LanguageModel(TextModel):
    """A causal language model or an encoder with a head on top.

    Args:
        path: a hub repository or a folder with safetensors, config and tokenizer; presets bring their own.
        revision: branch, tag or commit on the hub; resolved to a commit before it counts.
        layers: keep only the first so many layers; 0 for all.
        training: `full` fine-tuning, low-rank updates (`lora`), or a linear head on frozen features (`probe`).
        pooling: the state a head sees, of the `last` real token or the `mean` over all; `auto` takes the last of causal
            models, whatever head they were saved with, and the mean of encoders.
        head: its rows begin as the unembedding of the class names (`words`), or at zero (`zeros`).
        max_length: tokens a text may have.
        truncation: the side at which longer texts are cut; `auto` cuts pairs on the left, as they differ at their ends,
            and others on the right.
        lora_rank: rank of the low-rank updates.
        quantised: frozen weights in eight or four bits (`8bit`, `4bit`), with `lora` and `probe`; needs [quantised].
        new_tokens: the most tokens of a generated answer.
    """

    name: str
    path: str = ""
    revision: str = "main"
    layers: Annotated[int, Field(ge=0)] = 0
    training: Literal["full", "lora", "probe"] = "full"
    pooling: Literal["auto", "last", "mean"] = "auto"
    head: Literal["words", "zeros"] = "words"
    max_length: Annotated[int, Field(ge=2)] = 256
    truncation: Literal["auto", "right", "left"] = "auto"
    lora_rank: Annotated[int, Field(ge=1)] = 8
    new_tokens: Annotated[int, Field(ge=1)] = 12
    quantised: Literal["", "8bit", "4bit"] = ""
    knows: ClassVar[frozenset[str]] = frozenset()
    mixed_precision: ClassVar[bool] = True
    represents: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if not self.path and self.name not in PRESETS:
            raise ConfigError(f"model {self.name!r} needs path = a hub repository such as 'org/name', or a folder")
        if self.quantised and self.training == "full":
            raise ConfigError(
                f'quantised = {self.quantised!r}: weights of few bits stay frozen; set training = "lora" or "probe" too'
            )
        preset = self._preset
        if preset and preset.pack and self.revision != "main":
            raise ConfigError(
                f"revision = {self.revision!r}: {self.name} comes out of a pack; for another version give "
                f'model = "transformer" with path = "{preset.path}"'
            )
        if preset and self.layers > preset.layers:
            raise ConfigError(f"layers = {self.layers}: {self.name} has only {preset.layers}")

    @property
    def label(self) -> str:
        name = self.path.rstrip("/").rsplit("/", 1)[-1] if self.path else self.name
        depth = f"[:{self.layers}]" if self.layers else ""
        return " ".join(filter(None, (f"{name}{depth}", self.training.replace("full", ""), self.quantised)))

    @property
    def _preset(self) -> Preset | None:
        return None if self.path else PRESETS[self.name]

    @property
    def generates(self) -> bool:  # type: ignore[override]
        return self._preset is None or self._preset.generates

    @property
    def kinds(self) -> frozenset[Kind]:  # type: ignore[override]
        generation: tuple[Kind, ...] = ("generation",) if self.generates and self.training != "probe" else ()
        return frozenset({"classification", "preference", *generation})

    @property
    def parameters(self) -> float:
        """How many, roughly."""
        size = self._preset or self._measured()
        return size.parameters * (self.layers or size.layers) / size.layers

    @property
    def cost(self) -> float:
        return TOKENS * self.parameters

    @property
    def rough_extent(self) -> Extent:
        from outgrow.learning.footprint import FEW, FLOAT32, Extent

        whole = int(self.parameters)
        trained = whole if self.training == "full" else 0
        few = FEW.get(self.quantised, FLOAT32)
        return Extent(parameters=whole, trainable=trained, frozen_bytes=OTHERS * FLOAT32 + (1 - OTHERS) * few)

    @property
    def longest(self) -> int:
        return self.max_length

    def extent(self, output: Output) -> Extent:
        from outgrow.hub import folder
        from outgrow.text.extent import extent

        where, probe = folder(**self._source, files=["config.json"]), self.training == "probe"
        rank = self.lora_rank if self.training == "lora" else 0
        head, bits = output.kind == "generation", self.quantised
        return extent(where, layers=self.layers, rank=rank, head=head, frozen=probe, bits=bits)

    def smaller(self) -> list[tuple[Model, str]]:
        ways: tuple[Literal["full", "lora", "probe"], ...] = ("full", "lora", "probe")
        less = [dataclasses.replace(self, training=one) for one in ways[ways.index(self.training) + 1 :]]
        few = [dataclasses.replace(one, quantised="4bit") for one in [self, *less] if one.training == "lora"]
        words = [f'training = "{one.training}"' + ', quantised = "4bit"' * bool(one.quantised) for one in [*less, *few]]
        return [*zip([*less, *few], words, strict=True)] if not self.quantised else []

    def misfit(self, inputs: np.ndarray, output: Output) -> str:
        from outgrow.text.quantised import lacking

        return super().misfit(inputs, output) or (lacking() if self.quantised else "")

    def misfit_on(self, device: str) -> str:
        if self.quantised == "4bit" and self.training == "lora" and device == "cpu":
            return (
                'cannot be trained on a CPU, where weights of four bits can only answer: set quantised = "8bit", or '
                "leave it out, or choose a GPU"
            )
        return ""

    def longer(self, inputs: np.ndarray) -> float:
        tokens = [min(len(str(text)) / LETTERS + 2, self.max_length) for text in inputs.reshape(-1)]
        return sum(tokens) / len(inputs) / TOKENS  # of a pair, both texts are read

    def _measured(self, config: Path | None = None) -> Size:
        """What the configuration says; ConfigError if the fields do not fit it."""
        from outgrow.hub import folder
        from outgrow.text.configuration import measure

        size = measure(config or folder(**self._source, files=["config.json"]) / "config.json")
        if self.layers > size.layers:
            raise ConfigError(f"layers = {self.layers}: {self.path} has only {size.layers}")
        self._check_length(size.positions)
        return size

    def _check_length(self, positions: int) -> None:
        if 0 < positions < self.max_length:
            raise ConfigError(
                f"max_length = {self.max_length}: {self.label} reads at most {positions} tokens; set max_length = "
                f"{positions} or less"
            )

    def train_defaults(self) -> dict[str, Any]:
        if self.training == "probe":
            return PROBE
        rate = self._preset.learning_rate if self._preset else 2e-5
        return {**TUNING, "learning_rate": 10 * rate if self.training == "lora" else rate}

    @property
    def _source(self) -> dict[str, str]:
        preset = self._preset
        pack, path = (preset.pack, preset.path) if preset else ("", self.path)
        return {"pack": pack, "path": path, "revision": self.revision}

    def _frozen_identity(self) -> dict[str, Any]:
        from outgrow.hub import at_hand, fingerprint

        if self.path and (config := at_hand("config.json", path=self.path, revision=self.revision)):
            self._measured(config)  # what does not fit is told before anything runs
        return {
            "family": "transformers",
            "weights": fingerprint(**self._source),
            **{name: getattr(self, name) for name in ("layers", "pooling", "max_length", "truncation")},
            **({"quantised": self.quantised} if self.quantised else {}),
        }

    def identity(self) -> dict[str, Any]:
        own = {"full": ("head",), "lora": ("head", "lora_rank"), "probe": ()}[self.training]
        generating = {"new_tokens": self.new_tokens} if "generation" in self.kinds else {}
        chosen = {name: getattr(self, name) for name in own}
        return {**self._frozen_identity(), "training": self.training, **chosen, **generating}

    def ladder(self) -> list[Model]:
        """Depths of the same network where it is cut, else the presets of its family, smallest first."""
        if self.path:
            return [self]
        if self.layers:
            total = PRESETS[self.name].layers
            depths = {1, *(round(total * share) for share in (0.1, 0.2, 0.4, 0.6, 0.8, 1.0)), self.layers}
            return [dataclasses.replace(self, layers=depth) for depth in sorted(depths - {0})]
        family = [name for name in PRESETS if name.rsplit("-", 1)[0] == self.name.rsplit("-", 1)[0]]
        others = [dataclasses.replace(self, name=name, revision="main") for name in family if name != self.name]
        return [*sorted([self, *others], key=lambda one: one.cost)]  # a revision is one repository's own

    def load(self) -> Pretrained:
        """The pretrained transformer, its tokenizer, and its unembedding."""
        from outgrow.hub import folder
        from outgrow.text.pretrained import load

        found = load(folder(**self._source), layers=self.layers, bits=self.quantised)
        self._check_length(found.positions)
        return found

    def pooling_of(self, pretrained: Pretrained) -> Literal["last", "mean"]:
        """The pooling with `auto` resolved."""
        if self.pooling == "auto":
            return "last" if pretrained.decoder else "mean"
        return self.pooling

    def cut_of(self, output: Output) -> Literal["right", "left"]:
        """The side at which longer texts are cut, with `auto` resolved."""
        if self.truncation == "auto":
            return "left" if output.kind == "preference" else "right"
        return self.truncation

    def build(self, output: Output, *, seed: int, start: Weights | None = None) -> Network:
        from outgrow.text.generation import Generator
        from outgrow.text.network import Classifier, load_start

        if start is not None and self.quantised:
            raise ConfigError(f"{self.label!r} cannot begin from other weights than its own: leave `quantised` out")
        pretrained = load_start(self.load(), start)
        rank = self.lora_rank if self.training == "lora" else 0
        if output.kind == "generation":
            return Generator(pretrained, limit=self.max_length, new_tokens=self.new_tokens, lora_rank=rank, seed=seed)
        return Classifier(
            pretrained, output, head=self.head, pooling=self.pooling_of(pretrained), limit=self.max_length,
            cut=self.cut_of(output), lora_rank=rank, seed=seed,
        )  # fmt: skip

    def language_model(self) -> Network:
        from outgrow.text.generation import Generator

        if self.quantised:
            raise ConfigError(f"the hidden layers of {self.label!r} cannot be fine-tuned: leave `quantised` out")
        rank = self.lora_rank if self.training == "lora" else 0
        return Generator(self.load(), limit=self.max_length, new_tokens=self.new_tokens, lora_rank=rank, seed=0)

    def prompted(self, output: Output, *, shots: Sequence[tuple[str, int]]) -> Network:
        from outgrow.text.comparing import Compared
        from outgrow.text.prompting import FewShot

        pretrained = self.load()
        if pretrained.causal is None:
            what = "has no head to predict words with" if pretrained.decoder else "is an encoder"
            raise ConfigError(f"few_shot needs a causal language model, and {self.label!r} {what}")
        if output.kind == "preference":
            return Compared(pretrained, limit=self.max_length)
        return FewShot(pretrained, output, shots=shots, limit=self.max_length)

    def extractor(self) -> Extractor | None:
        return FrozenText(model=self) if self.training == "probe" else None


@dataclass(frozen=True, kw_only=True)
class FrozenText(Extractor):
    """The frozen transformer: texts to pooled states."""

    model: LanguageModel

    def identity(self) -> dict[str, Any]:
        return self.model._frozen_identity()

    @property
    def cost(self) -> float:
        return self.model.cost

    def build(self, output: Output, *, start: Weights | None = None) -> Network:
        from outgrow.text.network import Embedder, load_start

        pretrained = load_start(self.model.load(), start)
        return Embedder(
            pretrained, pooling=self.model.pooling_of(pretrained), limit=self.model.max_length,
            cut=self.model.cut_of(output), pairs=output.kind == "preference", lora_rank=0, seed=0,
        )  # fmt: skip


def add_family(sizes: Mapping[str, Preset]) -> None:
    """Register the sizes of one family; all their names are the same up to the last dash."""
    PRESETS.add(sizes, LanguageModel)
