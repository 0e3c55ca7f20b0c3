"""The paper's study in full, as experiments of tasks and models that are here; they are planned without the hub.

Burns et al. 2023: 22 tasks, models of many sizes of one family, every pair of a weaker and a stronger one, three
methods. The family is not public and the number of its sizes is not told: the eight sizes of Pythia stand in. Nor are
seeds told: three here.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

SIZES = (
    "pythia-70m", "pythia-160m", "pythia-410m", "pythia-1b", "pythia-1.4b", "pythia-2.8b", "pythia-6.9b", "pythia-12b",
)  # fmt: skip
METHODS = ("naive", "confidence", "bootstrapping")
SEEDS = (0, 1, 2)
TASKS = {  # rows of supervisor and of transfer, and tokens of a row
    "boolq": (4_700, 140),
    "cosmos-qa": (10_000, 110),
    "dream": (6_100, 190),
    "ethics-justice": (10_000, 40),
    "ethics-deontology": (9_000, 35),
    "ethics-virtue": (5_600, 35),
    "ethics-utilitarianism": (6_800, 40),
    "anli-r2": (10_000, 90),
    "cola": (2_500, 15),
    "sst2": (10_000, 20),
    "hellaswag": (10_000, 90),
    "mc-taco": (2_000, 50),
    "openbookqa": (4_900, 30),
    "paws": (10_000, 60),
    "quail": (10_000, 440),
    "piqa": (10_000, 45),
    "quartz": (2_600, 60),
    "sciq": (10_000, 30),
    "social-i-qa": (10_000, 45),
    "multirc": (10_000, 360),
    "wic": (2_700, 40),
    "twitter-sentiment": (10_000, 30),
}
"""Half of each task's training rows, at most 10,000; of multiple choice, two rows a question. Rounded, from what the
data sets say of themselves; so are the tokens. Neither is known of the paper."""


def document(task: str, *, sizes: Sequence[str] = SIZES, rates: Sequence[float] = ()) -> dict[str, object]:
    """One task's share of the study, as an experiment file would say it.

    Args:
        rates: learning rates of the strong model to try; its own alone by default.
    """
    rows, _ = TASKS[task]
    sweep: dict[str, object] = {"weak.model": list(sizes), "strong.model": list(sizes), "method.name": list(METHODS)}
    if rates:
        sweep["strong.train.learning_rate"] = list(rates)
    return {
        "task": {"name": task},
        "split": {"supervisor": rows, "transfer": rows, "validation": 300, "test": 2_000},
        "weak": {"model": sizes[0]},
        "strong": {"model": sizes[-1]},
        "train": {"epochs": 2, "batch_size": 32, "keep": "best"},  # Burns et al. 2023, A.1
        "sweep": {**sweep, "seeds": list(SEEDS)},
    }


@contextlib.contextmanager
def no_hub() -> Iterator[None]:
    """A hub's cache that knows of every task and model that it exists, and no more; it has to be asked for first."""
    from outgrow.models.bases.language import PRESETS
    from outgrow.tasks.base import tasks

    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"HF_HOME": folder, "HF_HUB_OFFLINE": "1"}
        from outgrow.tasks.sources.hub import CONVERTED

        names = [f"datasets--{tasks[task].repo}" for task in TASKS]  # type: ignore[attr-defined]
        for name, revision in [(name, CONVERTED) for name in names] + [
            (f"models--{PRESETS[size].path}", "main") for size in SIZES
        ]:
            reference = Path(folder, "hub", name.replace("/", "--"), "refs", revision)
            reference.parent.mkdir(parents=True, exist_ok=True)
            reference.write_text("0" * 40)  # a commit, as keys are made of
        yield
