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
    from outgrow.text.network import TextNetwork

PADDING = "<|outgrow padding|>"  # a token that no text has, where texts could end with the tokenizer's own


@dataclass(frozen=True, kw_only=True)
class Classifier:
    """A model and its tokenizer, as `save_pretrained` writes them.

    Args:
        place: how the model holds the student's head.
    """

    model: Any
    tokenizer: Any
    place: Place


def reader(student: Student) -> TextNetwork:
    """The student's transformer, made anew, with low-rank updates merged in.

    Raises:
        ConfigError: it has none.
    """
    from outgrow.text.network import TextNetwork

    extractor = student.model.extractor()
    if extractor is None:
        made: Any = dataclasses.replace(student).network
    else:
        made = extractor.build(student.output, start=student.start)
    if not isinstance(made, TextNetwork):
        raise ConfigError(
            f"{student.model.label} is no transformer that reads texts, so that transformers' classification models "
            "cannot hold it: write --format onnx"
        )
    if hasattr(made.backbone, "merge_and_unload"):
        made.backbone = made.backbone.merge_and_unload()
    return made.eval()


def misfit(student: Student) -> str:
    """Why no classification model of transformers can hold a student; empty where one can."""
    try:
        network = reader(student)
    except ConfigError as error:
        return str(error)
    found = _place(student, network)
    return found if isinstance(found, str) else ""


def _place(student: Student, network: TextNetwork) -> Place | str:
    return place_for(network.backbone.config, decoder=network.decoder, pooling=network.pooling, head=head_of(student))


def classifier_of(student: Student) -> Classifier:
    """The classification model that gives a student's logits; of pairs, one reward for each candidate.

    Raises:
        ConfigError: no such model can hold it; says why.
    """
    import torch

    from outgrow.hub import transformers_library

    library = transformers_library()
    network, head = reader(student), head_of(student)
    place = _place(student, network)
    if isinstance(place, str):
        raise ConfigError(f"{student.model.label}: {place}; write --format onnx")
    backbone = network.backbone
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
    """The tokenizer, which cuts and pads as the student's texts were cut."""
    tokenizer = network.tokenizer
    tokenizer.truncation_side, tokenizer.padding_side = network.cut, "right"
    tokenizer.model_max_length = network.limit
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
