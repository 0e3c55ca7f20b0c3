from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from outgrow import experiment
from outgrow.errors import ConfigError, UnknownName
from outgrow.experiment import Experiment
from outgrow.models.bases.chain import chain
from outgrow.models.bases.language import LanguageModel
from outgrow.models.chess import ChessModel
from outgrow.models.toy import ToyModel
from outgrow.steps import Steps, Trained, walk_unique


@pytest.mark.parametrize(
    ("links", "weak", "strong", "names"),
    [
        (1, "chess-xs", "chess-xl", ["chess-m", "chess-xl"]),
        (2, "chess-xs", "chess-xl", ["chess-s", "chess-l", "chess-xl"]),
        (3, "chess-xs", "chess-xl", ["chess-s", "chess-m", "chess-l", "chess-xl"]),
        (9, "chess-xs", "chess-xl", ["chess-s", "chess-m", "chess-l", "chess-xl"]),
        (2, "chess-s", "chess-l", ["chess-m", "chess-l"]),
        (2, "chess-m", "chess-l", ["chess-l"]),
        (2, "chess-m", "chess-m", ["chess-m"]),
    ],
)
def test_the_chain_is_spread_evenly_over_the_ladder(links: int, weak: str, strong: str, names: list[str]) -> None:
    found = chain(ChessModel(name=weak).cost, ChessModel(name=strong), links=links)
    assert [model.name for model in found] == names


def test_sizes_name_the_chain() -> None:
    found = chain(0.0, ToyModel(name="toy-l"), links=2, sizes=("toy-m",))
    assert [model.name for model in found] == ["toy-m", "toy-l"]
    with pytest.raises(UnknownName, match="toy-xm"):
        chain(0.0, ToyModel(name="toy-l"), links=2, sizes=("toy-xm",))


def student(one: Experiment, steps: Steps) -> Trained:
    model = experiment.run(one, steps).student.by
    assert isinstance(model, Trained)
    return model


def test_every_link_learns_from_the_one_before_on_fresh_rows(toy: Callable[..., list[Experiment]]) -> None:
    (one,) = toy("method.name=bootstrapping")
    link = student(one, Steps())
    links = []
    while link.labels is not None:
        links.append(link)
        assert link.labels.part.name == link.part.name
        assert link.labels.part.start <= link.part.start < link.part.stop <= link.labels.part.stop
        before = link.labels.by
        assert isinstance(before, Trained)
        link = before
    links.reverse()
    assert [link.role.model.name for link in links] == ["toy-s", "toy-m", "toy-l"]
    assert [(link.part.start, link.part.stop) for link in links] == [(0, 20), (20, 40), (40, 60)]
    assert link.role.model.name == "toy-xs"
    assert link.part.name == "supervisor"


def test_pieces_are_disjoint_and_cover_the_part(toy: Callable[..., list[Experiment]]) -> None:
    one = toy()[0]
    part = Steps().split(one.task, one.split, seed=0).part("transfer")
    for n in (1, 2, 7, 60):
        rows = [list(range(piece.start, piece.stop)) for piece in part.pieces(n)]
        assert [row for piece in rows for row in piece] == list(range(60))
        assert max(map(len, rows)) - min(map(len, rows)) <= 1


def test_without_fresh_rows_every_link_has_them_all(toy: Callable[..., list[Experiment]]) -> None:
    (one,) = toy("method.name=bootstrapping", "method.fresh=false")
    links = [step for step in walk_unique(student(one, Steps())) if isinstance(step, Trained) and step.labels]
    assert [(link.part.start, link.part.stop) for link in links] == [(0, 60)] * 3


def test_with_no_size_between_it_is_naive(toy: Callable[..., list[Experiment]]) -> None:
    (naive,) = toy("method.name=naive", "weak.model=toy-m")
    (bootstrapped,) = toy("method.name=bootstrapping", "weak.model=toy-m")
    (longer,) = toy("method.name=bootstrapping", "weak.model=toy-s")
    assert student(bootstrapped, Steps()).key == student(naive, Steps()).key
    assert student(longer, Steps()).key != student(naive, Steps()).key


def test_sizes_must_rise_to_the_student() -> None:
    with pytest.raises(ConfigError, match=r"sizes must rise .* 'toy-l'"):
        chain(ToyModel(name="toy-xs").cost, ToyModel(name="toy-l"), links=2, sizes=("toy-m", "toy-s"))
    rising = chain(0, ToyModel(name="toy-l"), links=2, sizes=("toy-s", "toy-m"))
    assert [one.name for one in rising] == ["toy-s", "toy-m", "toy-l"]


def test_sizes_keep_the_students_options() -> None:
    """A link is trained as the student is: the same kind of training, length and depth of heads."""
    strong = LanguageModel(name="smollm2-360m", training="lora", lora_rank=4, max_length=64, pooling="mean")
    link, last = chain(0.0, strong, links=2, sizes=("smollm2-135m",))
    assert last == strong
    assert link == replace(strong, name="smollm2-135m")
    toys = chain(0.0, ToyModel(name="toy-l"), links=2, sizes=("toy-s",))
    assert toys[0] == ToyModel(name="toy-s")
