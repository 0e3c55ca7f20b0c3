"""Pretrained language models: from the model hub, a folder, or an offline pack."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from outgrow.errors import ConfigError, DataError
from outgrow.models.base import Extractor, Model, Weights, models
from outgrow.spec import spec
from outgrow.tasks.base import Kind, Output

if TYPE_CHECKING:
    from pathlib import Path

    from outgrow.learning.network import Network
    from outgrow.text.network import Pretrained

TOKENS = 64  # of an example, for estimates of cost alone


@dataclass(frozen=True, kw_only=True)
class Preset:
    """Facts of a pretrained model.

    Args:
        path: hub repository.
        pack: offline pack with its files, or "".
        layers, parameters: of the network, embeddings not counted.
        learning_rate: a sensible peak for full fine-tuning; low-rank updates take ten times as much.
        generates: whether it is a causal language model.
    """

    path: str
    pack: str = ""
    layers: int
    parameters: float
    learning_rate: float
    generates: bool = True


PRESETS = {
    "gpt2": Preset(path="openai-community/gpt2", layers=12, parameters=85e6, learning_rate=5e-5),
    "gpt2-medium": Preset(path="openai-community/gpt2-medium", layers=24, parameters=302e6, learning_rate=5e-5),
    "gpt2-large": Preset(path="openai-community/gpt2-large", layers=36, parameters=708e6, learning_rate=1e-5),
    "gpt2-xl": Preset(path="openai-community/gpt2-xl", layers=48, parameters=1.475e9, learning_rate=1e-5),
    "pythia-70m": Preset(path="EleutherAI/pythia-70m", layers=6, parameters=19e6, learning_rate=5e-5),
    "pythia-160m": Preset(path="EleutherAI/pythia-160m", layers=12, parameters=85e6, learning_rate=5e-5),
    "pythia-410m": Preset(path="EleutherAI/pythia-410m", layers=24, parameters=302e6, learning_rate=2e-5),
    "pythia-1b": Preset(path="EleutherAI/pythia-1b", layers=16, parameters=805e6, learning_rate=1e-5),
    "pythia-1.4b": Preset(path="EleutherAI/pythia-1.4b", layers=24, parameters=1.21e9, learning_rate=1e-5),
    "pythia-2.8b": Preset(path="EleutherAI/pythia-2.8b", layers=32, parameters=2.52e9, learning_rate=1e-5),
    "qwen2.5-0.5b": Preset(path="Qwen/Qwen2.5-0.5B", layers=24, parameters=358e6, learning_rate=2e-5),
    "qwen2.5-1.5b": Preset(path="Qwen/Qwen2.5-1.5B", layers=28, parameters=1.31e9, learning_rate=1e-5),
    "qwen2.5-3b": Preset(path="Qwen/Qwen2.5-3B", layers=36, parameters=2.77e9, learning_rate=1e-5),
    "qwen2.5-7b": Preset(path="Qwen/Qwen2.5-7B", layers=28, parameters=6.53e9, learning_rate=5e-6),
    "qwen3-0.6b": Preset(path="Qwen/Qwen3-0.6B-Base", layers=28, parameters=440e6, learning_rate=2e-5),
    "qwen3-1.7b": Preset(path="Qwen/Qwen3-1.7B-Base", layers=28, parameters=1.4e9, learning_rate=1e-5),
    "qwen3-4b": Preset(path="Qwen/Qwen3-4B-Base", layers=36, parameters=3.6e9, learning_rate=1e-5),
    "smollm2-135m": Preset(
        path="HuggingFaceTB/SmolLM2-135M-Instruct", pack="smollm2-135m", layers=30, parameters=106e6, learning_rate=5e-5
    ),
    "smollm2-360m": Preset(path="HuggingFaceTB/SmolLM2-360M", layers=32, parameters=315e6, learning_rate=2e-5),
    "smollm2-1.7b": Preset(path="HuggingFaceTB/SmolLM2-1.7B", layers=24, parameters=1.61e9, learning_rate=1e-5),
    "llama-3.2-1b": Preset(path="meta-llama/Llama-3.2-1B", layers=16, parameters=973e6, learning_rate=1e-5),
    "llama-3.2-3b": Preset(path="meta-llama/Llama-3.2-3B", layers=28, parameters=2.82e9, learning_rate=1e-5),
    "llama-3.1-8b": Preset(path="meta-llama/Llama-3.1-8B", layers=32, parameters=6.98e9, learning_rate=5e-6),
    "minilm-l3": Preset(
        path="sentence-transformers/paraphrase-MiniLM-L3-v2", pack="minilm-l3",
        layers=3, parameters=5.3e6, learning_rate=1e-4, generates=False,
    ),
    "minilm-l6": Preset(
        path="sentence-transformers/all-MiniLM-L6-v2", pack="minilm-l6",
        layers=6, parameters=10.6e6, learning_rate=1e-4, generates=False,
    ),
    "bert-base": Preset(
        path="google-bert/bert-base-uncased", layers=12, parameters=85e6, learning_rate=3e-5, generates=False
    ),
    "bert-large": Preset(
        path="google-bert/bert-large-uncased", layers=24, parameters=302e6, learning_rate=2e-5, generates=False
    ),
}  # fmt: skip
TRAINING: dict[str, dict[str, Any]] = {  # defaults of [train], the learning rate aside
    "full": {"epochs": 2, "batch_size": 32, "schedule": "linear", "warmup": 0.06},
    "lora": {"epochs": 2, "batch_size": 32, "schedule": "linear", "warmup": 0.06},
    "probe": {"epochs": 20, "batch_size": 128, "schedule": "cosine", "learning_rate": 1e-3},
}


@spec
class LanguageModel(Model):
    """A causal language model or an encoder with a head on top.

    Args:
        path: a hub repository or a folder with safetensors, config and tokenizer; presets bring their own.
        revision: branch, tag or commit on the hub; resolved to a commit before it counts.
        layers: keep only the first so many layers; 0 for all.
        training: `full` fine-tuning, low-rank updates (`lora`), or a linear head on frozen features (`probe`).
        pooling: the state a head sees, of the `last` real token or the `mean` over all; `auto` takes the last of causal
            models and the mean of encoders.
        head: its rows begin as the unembedding of the class names (`words`), or at zero (`zeros`).
        max_length: tokens a text may have.
        truncation: the side at which longer texts are cut.
        lora_rank: rank of the low-rank updates.
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
    truncation: Literal["right", "left"] = "right"
    lora_rank: Annotated[int, Field(ge=1)] = 8
    new_tokens: Annotated[int, Field(ge=1)] = 12
    knows: ClassVar[frozenset[str]] = frozenset()

    def __post_init__(self) -> None:
        if not self.path and self.name not in PRESETS:
            raise ConfigError(f"model {self.name!r} needs path = a hub repository such as 'org/name', or a folder")
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
        return f"{name}{depth}" if self.training == "full" else f"{name}{depth} {self.training}"

    @property
    def _preset(self) -> Preset | None:
        return None if self.path else PRESETS[self.name]

    @property
    def generates(self) -> bool:  # type: ignore[override]
        preset = self._preset
        return preset is None or preset.generates

    @property
    def kinds(self) -> frozenset[Kind]:  # type: ignore[override]
        generation: tuple[Kind, ...] = ("generation",) if self.generates and self.training != "probe" else ()
        return frozenset({"classification", "preference", *generation})

    @property
    def cost(self) -> float:
        preset = self._preset
        if preset is None:
            layers, parameters = self._measured()
        else:
            layers, parameters = preset.layers, preset.parameters
        return TOKENS * parameters * (self.layers or layers) / layers

    def _measured(self) -> tuple[int, float]:
        """Layers and their parameters, out of the configuration: 12 width^2 a layer, or what its fields say."""
        import json

        from outgrow.hub import folder

        file = folder(**self._source, files=["config.json"]) / "config.json"
        try:
            config = json.loads(file.read_text())

            def first(*names: str) -> Any:
                return next((config[name] for name in names if config.get(name)), None)

            width = int(first("hidden_size", "n_embd", "dim"))
            layers = int(first("num_hidden_layers", "n_layer", "n_layers"))
            heads = int(first("num_attention_heads", "n_head", "n_heads"))
        except (OSError, ValueError, TypeError, AttributeError) as error:
            raise DataError(f"{file} is no configuration of a transformer with layers and heads: {error}") from error
        if self.layers > layers:
            raise ConfigError(f"layers = {self.layers}: {self.path} has only {layers}")
        inner = first("intermediate_size", "n_inner", "hidden_dim") or 4 * width
        gated = 3 if config.get("hidden_act") == "silu" else 2
        shared = (config.get("num_key_value_heads") or heads) / heads
        return layers, layers * width * ((2 + 2 * shared) * width + gated * inner)

    def train_defaults(self) -> dict[str, Any]:
        preset = self._preset
        rate = preset.learning_rate if preset else 2e-5
        rates = {"full": rate, "lora": 10 * rate, "probe": 1e-3}
        return {**TRAINING[self.training], "learning_rate": rates[self.training]}

    @property
    def _source(self) -> dict[str, str]:
        preset = self._preset
        if preset is None:
            return {"pack": "", "path": self.path, "revision": self.revision}
        return {"pack": preset.pack, "path": preset.path, "revision": self.revision}

    def _folder(self) -> Path:
        from outgrow.hub import folder

        return folder(**self._source)

    def _frozen_identity(self) -> dict[str, Any]:
        from outgrow.hub import fingerprint

        return {
            "family": "transformers",
            "weights": fingerprint(**self._source),
            **{name: getattr(self, name) for name in ("layers", "pooling", "max_length", "truncation")},
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
        sizes = [self, *others]  # a revision is one repository's own
        return [*sorted(sizes, key=lambda one: one.cost)]

    def load(self) -> Pretrained:
        """The pretrained transformer, its tokenizer, and its unembedding."""
        from outgrow.text.network import load

        found = load(self._folder(), layers=self.layers)
        if 0 < found.positions < self.max_length:
            raise ConfigError(f"max_length = {self.max_length}: {self.label} reads at most {found.positions} tokens")
        return found

    def pooling_of(self, pretrained: Pretrained) -> Literal["last", "mean"]:
        """The pooling with `auto` resolved."""
        if self.pooling == "auto":
            return "mean" if pretrained.causal is None else "last"
        return self.pooling

    def build(self, output: Output, *, seed: int, start: Weights | None = None) -> Network:
        from outgrow.text.generation import Generator
        from outgrow.text.network import Classifier, load_start

        pretrained = load_start(self.load(), start)
        rank = self.lora_rank if self.training == "lora" else 0
        if output.kind == "generation":
            return Generator(pretrained, limit=self.max_length, new_tokens=self.new_tokens, lora_rank=rank, seed=seed)
        return Classifier(
            pretrained, output, head=self.head, pooling=self.pooling_of(pretrained), limit=self.max_length,
            cut=self.truncation, lora_rank=rank, seed=seed,
        )  # fmt: skip

    def language_model(self) -> Network:
        from outgrow.text.generation import Generator

        rank = self.lora_rank if self.training == "lora" else 0
        return Generator(self.load(), limit=self.max_length, new_tokens=self.new_tokens, lora_rank=rank, seed=0)

    def prompted(self, output: Output, *, shots: Sequence[tuple[str, int]]) -> Network:
        from outgrow.text.prompting import FewShot

        pretrained = self.load()
        if pretrained.causal is None:
            raise ConfigError(f"few_shot needs a causal language model, and {self.label!r} is an encoder")
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
            cut=self.model.truncation, pairs=output.kind == "preference", lora_rank=0, seed=0,
        )  # fmt: skip


for _name, _preset in PRESETS.items():
    _what = "causal language model" if _preset.generates else "encoder"
    models.add(
        _name,
        partial(LanguageModel, name=_name),
        about=f"{_what}, {_preset.layers} layers, {_preset.parameters / 1e6:,.0f}M parameters",
        source=f"offline pack {_preset.pack}" if _preset.pack else f"hub: {_preset.path}",
    )
models.add(
    "transformer",
    partial(LanguageModel, name="transformer"),
    about="any causal language model or encoder: path = hub repository or folder",
    source="the model hub, or files of your own",
)
