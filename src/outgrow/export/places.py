"""Where a classification model of transformers can hold a head: the layers that compute its logits, exactly.

`AutoModelForSequenceClassification` gives each architecture a head of its own. Those of causal models read the last
token and have no bias; those of encoders read the first token through a tanh. A student's head has a bias, or reads the
mean over tokens. So, where the head itself cannot hold it, the weights around it do:

* A final layer norm has a bias: one is added to it that the head turns into the student's bias.
* Else one more layer is appended. Its attention looks at the token itself alone, or at all of them alike for their
  mean. Its values are the logits. What it adds is so large beside the states that nothing else matters, and so
  constant in size that the norms after it divide by a constant. The head then copies the logits out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from outgrow.export.head import Head

if TYPE_CHECKING:
    from torch import Tensor

ROTARY = {"llama", "qwen2", "qwen3"}  # states go through an RMS norm, and queries, keys and values can have a bias
NORMED = {"gpt2": "ln_f", "gpt_neox": "final_layer_norm"}  # families whose last norm has a bias, and its name
ENCODERS = {"bert", "roberta", "xlm-roberta"}
LOGIT, SIZE = 2.0**36, 2.0**56  # of a causal model's last layer: the unit of a logit, and the constant beside it
APART = 100.0  # queries and keys: the share of other tokens in an attention rounds to zero


class Place(Protocol):
    """A way to hold a head."""

    @property
    def layers(self) -> int:
        """How many layers are appended."""
        ...

    def prepare(self, config: Any) -> None:
        """Change the configuration before the model is made."""

    def put(self, host: Any, head: Head) -> None:
        """Put the head into the model."""


def place_for(config: Any, *, decoder: bool, pooling: str, head: Head) -> Place | str:
    """How the architecture of a configuration holds a head, or in words why it cannot."""
    family = config.model_type
    if decoder and pooling == "last" and not head.bias.any() and Alone.fits(config):
        return Alone()
    if decoder and pooling == "last" and family in NORMED:
        return FinalNorm(NORMED[family]) if FinalNorm.holds(head) else "its head's bias is no sum of its weights"
    if decoder and family in ROTARY:
        room = config.num_key_value_heads * _head_width(config)
        if head.size < min(room, config.hidden_size):
            return LastLayer(mean=pooling == "mean")
        return f"one layer of it has room for {room - 1:,} classes, and there are {head.size:,}"
    if not decoder and pooling == "mean" and family in ENCODERS:
        if 2 * head.size + 2 <= config.hidden_size:
            return FirstToken()
        return f"it has room for {config.hidden_size // 2 - 1:,} classes, and there are {head.size:,}"
    what = "the mean over tokens" if pooling == "mean" else "the last token" if not decoder else "such a head"
    return f"the classification model that transformers has for {family!r} cannot hold {what}"


@dataclass(frozen=True)
class Alone:
    """The head is the model's own."""

    layers: int = 0

    def prepare(self, config: Any) -> None:
        """Nothing to change."""

    def put(self, host: Any, head: Head) -> None:
        _set(host.score.weight, head.weight)

    @staticmethod
    def fits(config: Any) -> bool:
        """Whether transformers has a model of this architecture whose head is one linear layer without a bias."""
        import torch

        from outgrow.hub import transformers_library

        try:
            with torch.device("meta"):
                made = transformers_library().AutoModelForSequenceClassification.from_config(config)
        except ValueError:  # it has none
            return False
        head = getattr(made, "score", None)
        return isinstance(head, torch.nn.Linear) and head.bias is None


@dataclass(frozen=True)
class FinalNorm:
    """The bias goes into that of the last layer norm.

    Only differences of logits count in a softmax, so both are centred first. Of all vectors that the weight turns into
    the bias, the shortest is taken.
    """

    norm: str
    layers: int = 0

    def prepare(self, config: Any) -> None:
        """Nothing to change."""

    def put(self, host: Any, head: Head) -> None:
        import torch

        weight, bias = _centred(head)
        norm = getattr(host.base_model, self.norm)
        _set(norm.bias, norm.bias.double() + torch.linalg.pinv(weight) @ bias)
        _set(host.score.weight, weight)

    @staticmethod
    def holds(head: Head) -> bool:
        """Whether the head's weight turns some vector into its bias; that of an untrained head, all zero, does not."""
        import torch

        weight, bias = _centred(head)
        return bool(torch.allclose(weight @ (torch.linalg.pinv(weight) @ bias), bias, atol=1e-6))


@dataclass(frozen=True)
class LastLayer:
    """One more layer of a causal model computes the logits.

    Its first norm has the weight of the model's last one, so that it sees the states that the head was trained on.
    With equal queries and keys for all tokens, rotary positions make a token's score with itself the largest; with
    none, every token sees the mean of those up to it, and the last the mean of all.

    Args:
        mean: over tokens; else a token sees itself alone.
    """

    mean: bool
    layers: int = 1

    def prepare(self, config: Any) -> None:
        config.num_hidden_layers += 1
        if getattr(config, "layer_types", None):
            config.layer_types = [*config.layer_types, "full_attention"]
        if hasattr(config, "attention_bias"):
            config.attention_bias = True

    def put(self, host: Any, head: Head) -> None:
        import torch

        decoder, config = host.base_model, host.config
        for layer in decoder.layers[:-1]:  # biases that only the appended layer needs
            if hasattr(config, "attention_bias"):
                for name in ("q_proj", "k_proj", "v_proj", "o_proj"):
                    getattr(layer.self_attn, name).bias.zero_()
        last, norm, size = decoder.layers[-1], decoder.norm, head.size
        _zero(last)
        _set(last.input_layernorm.weight, norm.weight)
        _set(last.post_attention_layernorm.weight, torch.ones_like(norm.weight))
        attention, width = last.self_attn, _head_width(config)
        for side in ("q", "k"):
            if not self.mean:
                getattr(attention, f"{side}_proj").bias.fill_(APART)
            if hasattr(attention, f"{side}_norm"):
                getattr(attention, f"{side}_norm").weight.fill_(APART)
        attention.v_proj.weight[:size] = head.weight.to(norm.weight.dtype)
        attention.v_proj.bias[:size] = head.bias.to(norm.weight.dtype)
        attention.v_proj.bias[size] = 1.0
        shared = config.num_attention_heads // config.num_key_value_heads
        for i in range(size + 1):  # value i of a head is seen by the first of the query heads that share it
            attention.o_proj.weight[i, i // width * shared * width + i % width] = LOGIT if i < size else SIZE
        norm.weight.zero_()
        norm.weight[:size] = SIZE / LOGIT / config.hidden_size**0.5
        host.score.weight.zero_()
        host.score.weight[range(size), range(size)] = 1.0


LARGE, LARGER, SMALLER = 2.0**24, 2.0**40, 2.0**-17  # unit of a logit, constant beside it; unit in the tanh
BESIDE = 2.0**16  # the constant between the two norms of the layer


@dataclass(frozen=True)
class FirstToken:
    """One more layer of an encoder computes the logits, at its first token.

    Without queries and keys, its attention is the mean over all real tokens. Each logit stands there twice, the second
    time negated, and the tanh gets half their difference, so small that it leaves it as it is.
    """

    layers: int = 1

    def prepare(self, config: Any) -> None:
        config.num_hidden_layers += 1

    def put(self, host: Any, head: Head) -> None:
        encoder, size, width = host.base_model, head.size, host.config.hidden_size
        last = encoder.encoder.layer[-1]
        _zero(last)
        attended, out = last.attention.output, last.output
        values = last.attention.self.value
        values.weight[:size], values.bias[:size] = head.weight.to(values.weight.dtype), head.bias.to(values.bias.dtype)
        first, second, up, down = range(size), range(size, 2 * size), 2 * size, 2 * size + 1
        attended.dense.weight[first, first], attended.dense.weight[second, first] = LARGE, -LARGE
        attended.dense.bias[up], attended.dense.bias[down] = LARGER, -LARGER
        unit = (2 / width) ** 0.5  # deviation of a vector of two numbers 1 and -1 among zeros
        attended.LayerNorm.weight[: 2 * size] = LARGER * unit / LARGE
        attended.LayerNorm.weight[[up, down]] = BESIDE * unit
        out.LayerNorm.weight[: 2 * size] = BESIDE * unit * SMALLER
        dense, copy = _dense_and_out(host)
        _zero(dense)
        _zero(copy)
        dense.weight[first, first], dense.weight[first, second] = 0.5, -0.5
        copy.weight[first, first] = 1 / SMALLER


def _centred(head: Head) -> tuple[Tensor, Tensor]:
    return head.weight - head.weight.mean(0), head.bias - head.bias.mean()


def _dense_and_out(host: Any) -> tuple[Any, Any]:
    """The two linear layers of an encoder's head, between which there is a tanh."""
    if hasattr(host.classifier, "out_proj"):
        return host.classifier.dense, host.classifier.out_proj
    return host.base_model.pooler.dense, host.classifier


def _head_width(config: Any) -> int:
    return int(getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads)


def _zero(module: Any) -> None:
    for value in module.parameters():
        value.zero_()


def _set(parameter: Tensor, value: Tensor) -> None:
    parameter.copy_(value.to(parameter.dtype))
