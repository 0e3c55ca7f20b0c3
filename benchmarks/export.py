"""How near exported models answer to their students, on real texts they have not seen.

Run by hand with the packs minilm-l6, smollm2-135m and rotten-tomatoes, and the extra [export]:
`python benchmarks/export.py [ROWS [MODEL [FORMAT [TRAINING [TASK]]]]]`    1,000 rows, and all of the rest by default;
`-` is all: `python benchmarks/export.py 1000 smollm2-135m - probe preference`

Each student is trained for a moment on film reviews: fresh or rotten; fresh, rotten or long; the better of two. The
table tells the largest and the mean difference between probabilities of the exported folder and of the student, both in
float32, and whether any answer changed.
"""

from __future__ import annotations

import dataclasses
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

MODELS, TRAININGS, FORMATS = ("minilm-l6", "smollm2-135m"), ("probe", "full", "lora"), ("transformers", "onnx")
TASKS = ("2 classes", "3 classes", "preference")
Some = tuple[str, ...]
LEARNED, LONG = 64, 22  # reviews trained on; words of a long one


def rows_of(kind: str, n: int) -> tuple[Any, Any, Any]:
    """Inputs, class numbers and what is to be answered; a fixed draw of LEARNED + n rows."""
    import numpy as np

    from outgrow.tasks.base import Output, tasks

    examples = tasks["rotten-tomatoes-pairs" if kind == "preference" else "rotten-tomatoes"]().load()
    order = sorted(range(len(examples.ids)), key=lambda row: examples.ids[row])[: LEARNED + n]
    inputs, truth = examples.inputs[order], examples.truth[order]
    if kind == "preference":
        return inputs, truth, Output(kind="preference", n_classes=2)
    names = ("rotten", "fresh")
    if kind == "3 classes":
        names = (*names, "long")
        truth = np.where([len(text.split()) > LONG for text in inputs], 2, truth)
    return inputs, truth, Output(kind="classification", n_classes=len(names), class_names=names)


def student_of(name: str, training: str, inputs: Any, truth: Any, output: Any) -> Any:
    """A student that has learned a little, so that its answers are far from even."""
    import numpy as np
    import torch

    from outgrow.learning.batching import Arrays
    from outgrow.learning.losses import CrossEntropy
    from outgrow.learning.machine import Machine
    from outgrow.learning.objective import Probabilities
    from outgrow.learning.predict import in_batches
    from outgrow.learning.probe import Probe
    from outgrow.learning.train import fit
    from outgrow.learning.weights import trainable
    from outgrow.models.base import models
    from outgrow.specs import TrainSpec
    from outgrow.student import Student
    from outgrow.student.base import DEVIATION, MEAN

    torch.manual_seed(0)
    model: Any = dataclasses.replace(models[name](), training=training)
    machine = Machine(device=torch.device("cpu"))
    targets = Probabilities(torch.from_numpy(np.eye(output.n_classes, dtype=np.float32)[truth]))
    spec = TrainSpec(**{**model.train_defaults(), "epochs": 3, "batch_size": 8, "schedule": "constant", "warmup": 0.0})
    moments = {}
    if (extractor := model.extractor()) is None:
        network: Any = model.build(output, seed=0)
        fit(network, network.encode(inputs), targets, spec, loss=CrossEntropy(), seed=0, machine=machine)
    else:
        reader = extractor.build(output).eval()
        rows = reader.encode(inputs)
        features: Any = None
        for some in in_batches(rows):
            with torch.inference_mode():
                found = reader(rows.batch(some, machine.device)).float().numpy()
            features = np.empty((len(rows), *found.shape[1:]), np.float32) if features is None else features
            features[some] = found
        flat = features.reshape(-1, features.shape[-1])
        mean, deviation = flat.mean(0), np.where(flat.std(0) > 0, flat.std(0), 1).astype(np.float32)
        moments = {MEAN: torch.from_numpy(mean), DEVIATION: torch.from_numpy(deviation)}
        network, scaled = Probe(flat.shape[1], output, seed=0), (features - mean) / deviation
        spec = dataclasses.replace(spec, learning_rate=1e-2)
        fit(network, Arrays(scaled), targets, spec, loss=CrossEntropy(), seed=0, machine=machine)
    state = {key: value.clone() for key, value in trainable(network).items()}
    return Student(model=model, output=output, state={**state, **moments})


def main(n: int, names: Some, formats: Some, trainings: Some, kinds: Some) -> None:
    """Train, export, compare; one line each."""
    import numpy as np

    from outgrow.export import export
    from outgrow.export.trial import answers_of, reference

    print("model         training  task        format        largest    mean  changed  spread  seconds", flush=True)
    for name in names:
        for training in trainings:
            for kind in kinds:
                inputs, truth, output = rows_of(kind, n)
                student = student_of(name, training, inputs[:LEARNED], truth[:LEARNED], output)
                asked = inputs[LEARNED:]
                wanted = reference(student, asked)
                for format in formats:
                    started = time.perf_counter()
                    with tempfile.TemporaryDirectory() as place:
                        folder = Path(place) / "out"
                        export(student, folder, format=format)
                        seconds = time.perf_counter() - started
                        found = answers_of(folder, student, asked)
                    assert found is not None, "onnxruntime is missing: pip install 'outgrow[export]'"
                    apart = np.abs(found - wanted)
                    changed = int((found.argmax(1) != wanted.argmax(1)).sum())
                    print(
                        f"{name:13s} {training:9s} {kind:11s} {format:12s} {apart.max():8.1e} {apart.mean():7.1e} "
                        f"{changed:8d} {wanted[:, 0].std():7.2f} {seconds:8.1f}",
                        flush=True,
                    )


if __name__ == "__main__":
    rows, *given = [*sys.argv[1:], "", "", "", "", ""]
    everything = (MODELS, FORMATS, TRAININGS, TASKS)
    main(
        int(rows or 1_000),
        *(every if one in ("", "-") else (one,) for one, every in zip(given, everything, strict=False)),
    )
