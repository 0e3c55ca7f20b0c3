"""Model families."""

from __future__ import annotations

from outgrow.models.base import Model
from outgrow.spec import canonical
from outgrow.testing.broken import demand


def check_model(model: Model) -> None:
    """It costs something, stands on its ladder, and the ladder rises; the same seed gives the same weights."""
    demand(model.cost > 0, f"{model.name}: cost must be the multiply-accumulates of one example")
    ladder = model.ladder()
    demand(model in ladder, f"{model.name} is not on its own ladder")
    costs = [one.cost for one in ladder]
    demand(costs == sorted(set(costs)), f"{model.name}: the ladder's costs must rise, and they are {costs}")
    demand(len({canonical(one.identity()) for one in ladder}) == len(ladder), f"{model.name}: two sizes are one model")
    demand(len({one.label for one in ladder}) == len(ladder), f"{model.name}: two sizes have one label")
    demand(model.kinds, f"{model.name}: kinds is empty: which tasks can it learn?")
