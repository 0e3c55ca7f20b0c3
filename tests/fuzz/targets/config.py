"""Experiments out of TOML, and what `--set` and `--seeds` put into them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from tests.fuzz.case import Case, Rng, Wrong, add
from tests.fuzz.damage import damaged
from tests.fuzz.structures import TEXTS, altered, text

SETTINGS = (
    "train.epochs=1", "method.name=confidence", "method=confidence", 'method.name=["filter","confidence"]',
    "sweep.seeds=[0]",     "weak.model=toy-l", "strong.model=transformer", "strong.path=x",
    "task.name=csv", "task.path=x", "metric=auroc",
    "split.test=-1", "train.learning_rate=1e999", "train.learning_rate=nan", "weak.model=ensemble",
    'weak.members=["toy-xs","toy-xs"]',
    "weak.rule=vote", "task=5", "method=[]", "a.b.c.d=1", "=", ".=1", "..=1", "sweep.=1", "sweep.a.b=[1,2]",
    "train..epochs=1", "method.name=", "x", "weak.model=labels", "weak.path=x", "split={test=1}",
    "train.seed=9" + "9" * 40,
)  # fmt: skip


TOY = """
[task]
name = "toy"
n = 400
[split]
supervisor = 60
transfer = 60
validation = 30
test = 100
[weak]
model = "toy-xs"
[strong]
model = "toy-l"
[train]
epochs = 2
"""


@cache
def _documents() -> tuple[str, ...]:
    from outgrow.config import shipped_experiments

    own = TOY + '[sweep]\n"method.name" = ["naive", "confidence"]\n'
    return (
        own,
        own,
        own,
        *(one for one in shipped_experiments().values() if "toy" in one or "csv" in one or "chess" in one),
    )


def _experiment(rng: Rng) -> Case | None:
    import tomllib

    import tomli_w

    document = rng.choice(_documents())
    if rng.random() < 0.5:
        try:
            data = tomli_w.dumps(altered(rng, tomllib.loads(document))).encode("utf-8", "surrogatepass")
        except (TypeError, ValueError, AttributeError, RecursionError):  # nothing that TOML can say
            return None
    else:
        data = document.encode()
    if rng.random() < 0.5:
        data = damaged(rng, data, other=rng.choice(_documents()).encode(), most=3)
    settings = [rng.choice(SETTINGS) for _ in range(rng.choice((0, 0, 1, 2)))]
    if rng.random() < 0.2:
        settings.append(f"{rng.choice(('task', 'weak', 'train', 'sweep', text(rng)))}.{text(rng)}={rng.choice(TEXTS)}")
    name = rng.choice(("e.toml", "e.toml", "e.toml", "[b].toml", "a b.toml", "é\n.toml", "..toml", "e"))
    return Case({name: data}, {"file": name, "settings": settings, "seeds": rng.choice((None, None, "0,1", text(rng)))})


def _read(case: Case, folder: Path) -> None:
    from outgrow.config import read as read_text
    from outgrow.config import read_experiments, seeds_from, to_toml

    chosen = case.options["seeds"]
    seeds = seeds_from(chosen) if chosen is not None else None
    found = read_experiments(str(folder / case.options["file"]), settings=case.options["settings"], seeds=seeds)
    for one in found[:2]:
        again: Any = read_text(to_toml(one), name=one.name)
        if again != one:
            raise Wrong(f"written and read again it is another experiment: {one} and {again}")


add("experiments", _experiment, _read, share=0.5)


def _names(rng: Rng) -> Case:
    return Case(
        {}, {"source": rng.choice((*TEXTS, "quickstart", "../../x", "/", "/etc/passwd", "x" * 5_000, "/dev/null"))}
    )


def _read_name(case: Case, folder: Path) -> None:
    from outgrow.config import read_experiments

    read_experiments(case.options["source"])


add("names", _names, _read_name, share=0.02)
