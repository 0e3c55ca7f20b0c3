"""Classification by prompting: labelled examples stand before the text, and the next word is the answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from outgrow.errors import ConfigError
from outgrow.text.network import Pretrained, answer_words, pool, settle
from outgrow.text.tokens import TokenBatch, Tokens, tokenize

if TYPE_CHECKING:
    from outgrow.models.language import LanguageModel
    from outgrow.runtime import Context
    from outgrow.steps import Prompted
    from outgrow.tasks.base import Output

SHOTS = "shots.json"


def choose_shots(step: Prompted, context: Context, folder: Path) -> None:
    """Draw the examples of the prompt, as many of each label as can be, and write them with their labels."""
    data = context.split(step.part.split)
    _check(step, data.output)
    rows = data.rows(step.part)
    if step.labels is None:
        labels = data.labels[rows]
    else:
        first = step.part.start - step.labels.part.start
        labels = context.labels(step.labels)[first : first + step.part.size].argmax(1)
    rng = np.random.default_rng(step.seed)
    order = [int(i) for i in rng.permutation(len(rows))]
    piles = [[i for i in order if labels[i] == label] for label in range(data.output.n_classes)]
    chosen: list[int] = []
    while len(chosen) < step.shots and any(piles):
        chosen += [pile.pop() for pile in piles if pile]
    chosen = [chosen[i] for i in rng.permutation(min(step.shots, len(chosen)))]
    shots = [(str(data.inputs[rows[i]]), int(labels[i])) for i in chosen]
    (folder / SHOTS).write_text(json.dumps(shots))


def load_prompted(step: Prompted, context: Context) -> nn.Module:
    """The network that answers with the step's examples in its prompt."""
    output = context.split(step.part.split).output
    model = _check(step, output)
    shots = json.loads((context.store.open(step.key) / SHOTS).read_text())
    pretrained = model.load()
    if pretrained.causal is None:
        raise ConfigError(f"few_shot needs a causal language model, and {model.label!r} is an encoder")
    return FewShot(pretrained, output, shots=shots, limit=model.max_length)


def _check(step: Prompted, output: Output) -> LanguageModel:
    from outgrow.models.language import LanguageModel

    if output.kind != "classification":
        raise ConfigError(f"few_shot is for classification tasks, and this one is of kind {output.kind}")
    if not isinstance(step.model, LanguageModel) or not step.model.generates:
        raise ConfigError(f"few_shot needs a causal language model, and {step.model.name!r} is none")
    return step.model


class FewShot(nn.Module):
    """Texts to logits: those of the classes' words as the next token of the prompt."""

    mixed_precision = True

    def __init__(self, pretrained: Pretrained, output: Output, *, shots: list[tuple[str, int]], limit: int) -> None:
        super().__init__()
        assert pretrained.unembedding is not None
        self.backbone, self.tokenizer = pretrained.backbone, pretrained.tokenizer
        words, tokens = answer_words(self.tokenizer, output)
        if len(set(tokens)) < len(tokens):
            raise ConfigError(
                f"few_shot tells classes by the first token of their names, and those of {', '.join(words[:8])} are "
                "not all different; give the task's classes other names"
            )
        self.prompt = "".join(f"{text}\nLabel: {words[label]}\n\n" for text, label in shots)
        self.limit = limit * (len(shots) + 1)
        if pretrained.positions:
            self.limit = min(self.limit, pretrained.positions)
        self.register_buffer("head", pretrained.unembedding[tokens].clone())

    def encode(self, inputs: np.ndarray) -> Tokens:
        """Texts [n] behind the examples; what is too long is cut at the left, so that the text stays."""
        texts = [f"{self.prompt}{text}\nLabel:" for text in inputs]
        return tokenize(self.tokenizer, texts, limit=self.limit, cut="left")

    def settle(self, device: torch.device) -> None:
        """Compute attention as plain matrix products where that is faster."""
        settle(self.backbone, device, self.limit)

    def forward(self, batch: TokenBatch) -> Tensor:
        states = self.backbone(input_ids=batch.input_ids, attention_mask=batch.mask, use_cache=False)
        head: Tensor = self.head  # type: ignore[assignment]
        return pool(states.last_hidden_state, batch.mask, "last") @ head.T.to(states.last_hidden_state.dtype)
