"""A dozen tasks of BIG-bench, unchanged, and its copy of the CIFAR-10 test images."""

from __future__ import annotations

import json
from pathlib import Path

from outgrow.errors import DataError
from outgrow.packs import archive as archives
from outgrow.packs.base import Needed

ROOT = "bigbench-1.0.0/bigbench/benchmark_tasks/"
CIFAR = ROOT + "cifar10_classification/hex/task.json"
INSTRUCTIONS = "natural_instructions/subtask"
TASKS = {
    "fever": "fact_checker/fever",
    "vitaminc": "vitaminc_fact_verification",
    "strategyqa": "strategyqa",
    "winowhy": "winowhy",
    "social_iqa": "social_iqa",
    "checkmate_in_one": "checkmate_in_one",
    "hhh_harmless": "hhh_alignment/harmless",
    "hhh_helpful": "hhh_alignment/helpful",
    "hhh_honest": "hhh_alignment/honest",
    "hhh_other": "hhh_alignment/other",
    "multiemo_sentence": "multiemo/all_sentence_en",
    "multiemo_text": "multiemo/all_text_en",
    "mctaco_duration_right": INSTRUCTIONS + "004_mctaco_answer_generation_event_duration",
    "mctaco_duration_wrong": INSTRUCTIONS + "005_mctaco_wrong_answer_generation_event_duration",
    "mctaco_stationary_right": INSTRUCTIONS + "007_mctaco_answer_generation_transient_stationary",
    "mctaco_stationary_wrong": INSTRUCTIONS + "008_mctaco_wrong_answer_generation_transient_stationary",
    "mctaco_ordering_right": INSTRUCTIONS + "010_mctaco_answer_generation_event_ordering",
    "mctaco_ordering_wrong": INSTRUCTIONS + "011_mctaco_wrong_answer_generation_event_ordering",
    "mctaco_timepoint_right": INSTRUCTIONS + "013_mctaco_answer_generation_absolute_timepoint",
    "mctaco_timepoint_wrong": INSTRUCTIONS + "014_mctaco_wrong_answer_generation_absolute_timepoint",
    "mctaco_frequency_right": INSTRUCTIONS + "016_mctaco_answer_generation_frequency",
    "mctaco_frequency_wrong": INSTRUCTIONS + "017_mctaco_wrong_answer_generation_frequency",
    "multirc_right": INSTRUCTIONS + "054_multirc_write_correct_answer",
    "multirc_wrong": INSTRUCTIONS + "055_multirc_write_incorrect_answer",
}


def bigbench(archive: Path, folder: Path, needed: Needed) -> None:
    """TASK.json for every one of `TASKS`, byte by byte as packed, and cifar10.safetensors.

    Examples are `{"input": text, "target_scores": {answer: 0 or 1}}`; those of `mctaco_*` and `multirc_*` have
    `"target": [answer, ...]` instead, where `right` and `wrong` mostly share their inputs.
    Nine inputs of `multiemo_*` are empty.
    Every file says that it must never appear in training corpora and carries a canary: never commit one, nor anything
    made of one, and pretrain on none.
    """
    files = {f"{ROOT}{path}/task.json": f"{task}.json" for task, path in TASKS.items()}
    left = {*files, CIFAR}
    for name, content in archives.stream(archive, left.copy().__contains__, limit=128 * archives.MEBIBYTE):
        left.discard(name)
        if name == CIFAR:
            _cifar10(content, folder)
        else:
            (folder / files[name]).write_bytes(content)
    if left:
        raise archives.missing(archive, min(left))


def _cifar10(content: bytes, folder: Path) -> None:
    """`images` uint8 [10000, 32, 32, 3] (row, column, RGB), `labels` uint8 [10000], sorted by label.

    Labels are 0 airplane, automobile, bird, cat, deer, dog, frog, horse, ship, 9 truck; `classes` in the metadata.
    """
    import numpy as np
    from safetensors.numpy import save_file

    examples = json.loads(content)["examples"]
    classes = list(examples[0]["target_scores"])
    pixels = bytes.fromhex("".join(example["input"].replace("#", "") for example in examples))  # "#81756c#7d7168..."
    if len(pixels) != len(examples) * 32 * 32 * 3:
        raise DataError(f"{len(examples):,} CIFAR-10 images have {len(pixels):,} bytes, not 32 x 32 x 3 each")
    labels = [classes.index(max(example["target_scores"].items(), key=lambda item: item[1])[0]) for example in examples]
    arrays = {
        "images": np.frombuffer(pixels, dtype=np.uint8).reshape(-1, 32, 32, 3),
        "labels": np.array(labels, dtype=np.uint8),
    }
    save_file(arrays, folder / "cifar10.safetensors", metadata={"classes": json.dumps(classes)})
