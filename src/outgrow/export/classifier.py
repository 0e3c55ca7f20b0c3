"""A student as a classification model of transformers, which needs nothing of ours to be opened."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from outgrow.errors import ConfigError
from outgrow.export.head import head_of
from outgrow.export.places import Place, place_for
from outgrow.student import Student

if TYPE_CHECKING:
    from outgrow.learning.network import Network
    from outgrow.text.network import TextNetwork

LENGTHS = ("max_length", "stride", "truncation_strategy", "pad_to_multiple_of")  # of another use than the student's
PADDING = "<|outgrow padding|>"  # a token that no text has, where texts could end with the tokenizer's own


class CannotHold(ConfigError):
    """No classification model of transformers can hold a student.

    Args:
        why: in words that stand alone.
    """

    def __init__(self, why: str) -> None:
        super().__init__(f"{why}: leave --format out, or write --format onnx")
        self.why = why


@dataclass(frozen=True, kw_only=True)
class Classifier:
    """A model and its tokenizer, as `save_pretrained` writes them.

    Args:
        place: how the model holds the student's head.
    """

    model: Any
    tokenizer: Any
    place: Place


def reader(student: Student) -> Network:
    """What turns a student's inputs into pooled states or logits, made anew; low-rank updates are merged in."""
    from outgrow.learning.network import check_network
    from outgrow.text.quantised import merged

    extractor = student.model.extractor()
    found = dataclasses.replace(student).network if extractor is None else extractor.build(
        student.output, start=student.start
    )  # fmt: skip
    made: Any = check_network(found, student.model.label)
    if hasattr(made, "backbone"):
        made.backbone = merged(made.backbone)
    return made.eval()  # type: ignore[no-any-return]


def classifier_of(student: Student) -> Classifier:
    """The classification model that gives a student's logits; of pairs, one reward for each candidate.

    Raises:
        CannotHold: no such model can hold it; says why.
    """
    import torch

    from outgrow.hub import transformers_library
    from outgrow.text.network import TextNetwork

    network, library = reader(student), transformers_library()
    if not isinstance(network, TextNetwork):
        raise CannotHold(f"{student.model.label} is no transformer that reads texts")
    head, backbone = head_of(student), network.backbone
    place = place_for(backbone.config, decoder=network.decoder, pooling=network.pooling, head=head)
    if isinstance(place, str):
        raise CannotHold(f"{student.model.label}: {place}")
    config = type(backbone.config).from_dict(backbone.config.to_dict())
    place.prepare(config)
    config.num_labels = head.size
    if head.size > 1:
        config.id2label = dict(enumerate(student.classes))
        config.label2id = {name: i for i, name in enumerate(student.classes)}
    config.problem_type = "single_label_classification" if head.size > 1 else "regression"  # a reward as it is
    with torch.no_grad():
        host = library.AutoModelForSequenceClassification.from_config(config, dtype=torch.float32)
        _, unexpected = host.base_model.load_state_dict(backbone.state_dict(), strict=False, assign=True)
        assert not unexpected, unexpected
        place.put(host, head)
    tokenizer = cutting_tokenizer(network)
    if network.decoder:
        _know_padding(host, tokenizer)
    return Classifier(model=host.eval(), tokenizer=tokenizer, place=place)


def cutting_tokenizer(network: TextNetwork) -> Any:
    """The tokenizer of a network, which cuts texts as the student's were cut, and pads them on the right.

    So does its `tokenizer.json` alone: whatever calls and the base model's own file left there of lengths is replaced.
    """
    tokenizer, sides = network.tokenizer, {"truncation_side": network.cut, "padding_side": "right"}
    for name, side in sides.items():
        setattr(tokenizer, name, side)
    tokenizer.model_max_length = network.limit
    kept = {name: value for name, value in tokenizer.init_kwargs.items() if name not in LENGTHS}
    tokenizer.init_kwargs = kept | sides  # what is saved of them
    tokenizer.backend_tokenizer.enable_truncation(network.limit, direction=network.cut)
    tokenizer.backend_tokenizer.no_padding()
    return tokenizer


def _know_padding(host: Any, tokenizer: Any) -> None:
    """Give a causal model a token for padding that stands in no text: it reads the last token that is another."""
    others = {tokenizer.eos_token_id, tokenizer.bos_token_id, tokenizer.unk_token_id}
    if tokenizer.pad_token_id is None or tokenizer.pad_token_id in others:
        tokenizer.add_special_tokens({"pad_token": PADDING})
    rows = host.get_input_embeddings().num_embeddings
    if tokenizer.pad_token_id >= rows:
        host.resize_token_embeddings(tokenizer.pad_token_id + 1, mean_resizing=False)
    host.config.pad_token_id = tokenizer.pad_token_id
