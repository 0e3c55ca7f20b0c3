"""Several supervisors that are made of one: by seeds, by parts of the truth, by sizes."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from outgrow.errors import ConfigError
from outgrow.steps import Predictor, Split, Steps
from outgrow.supervisors.base import Supervisor, TrainedModel

SEEDS = 1_000_003  # far from the seeds that people write, so that members share no training by accident
By = Literal["seeds", "parts", "sizes"]


def check_members(members: tuple[Supervisor, ...] | int, of: Supervisor | None, by: By) -> None:
    """ConfigError where these make no ensemble."""
    if isinstance(members, tuple):
        if of is not None or by != "seeds":
            raise ConfigError("of and by go with a number of members, such as members = 5; leave them out", key="of")
    elif of is None:
        raise ConfigError(f'members = {members}: set of = "..." to the model that they are made of', key="members")
    elif by != "seeds" and not isinstance(of, TrainedModel):
        raise ConfigError(f'by = "{by}": {of.label!r} is no model that is trained; use by = "seeds"', key="by")
    elif by == "seeds" and isinstance(of, TrainedModel) and of.role.train.optimizer == "lbfgs":
        raise ConfigError(
            f'by = "seeds": {of.label!r} is solved by "lbfgs", whatever the seed, and all members would be the same; '
            'use by = "parts", or optimizer = "adam"',
            key="by",
        )
    if (members if isinstance(members, int) else len(members)) < 2:
        raise ConfigError("weak.members: an ensemble needs at least two members")
    if isinstance(members, int) and of is not None:
        made_of(of, members, by)


def made_of(of: Supervisor, count: int, by: By) -> tuple[Supervisor, ...]:
    """So many of one: equal ones, or sizes of its ladder up to its own, as far apart as they can be, smallest first."""
    if by != "sizes":
        return (of,) * count
    assert isinstance(of, TrainedModel)
    sizes = [model for model in of.role.model.ladder() if model.cost <= of.role.model.cost]
    if len(sizes) < count:
        raise ConfigError(
            f"members = {count}: of {of.label!r} there are {len(sizes)} sizes up to its own, "
            f"{', '.join(model.label for model in sizes)}; choose fewer members or a larger model",
            key="members",
        )
    places = [round(i * (len(sizes) - 1) / (count - 1)) for i in range(count)]
    return tuple(TrainedModel(role=replace(of.role, model=sizes[place])) for place in places)


def predictors(
    everyone: tuple[Supervisor, ...], steps: Steps, data: Split, *, seed: int, parts: bool
) -> tuple[Predictor, ...]:
    """The steps that lead to each; equal ones have seeds of their own, or parts of `supervisor` of their own."""
    if parts:
        pieces = data.part("supervisor").pieces(len(everyone))
        if not pieces[0].size:
            raise ConfigError(f"split.supervisor = {data.sizes.supervisor}: too few for {len(everyone)} parts")
        return tuple(one.trained_on(own, steps, seed=seed) for one, own in zip(everyone, pieces, strict=True))
    number: dict[Supervisor, int] = {}
    made = []
    for i, one in enumerate(everyone):
        number[one] = i if one.simulated else number.get(one, -1) + 1  # errors that are drawn are drawn apart
        made.append(one.predictor(steps, data, seed=seed + SEEDS * number[one]))
    return tuple(made)
