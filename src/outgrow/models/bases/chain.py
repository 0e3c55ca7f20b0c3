"""Models of rising size between a weak supervisor and a student."""

from __future__ import annotations

from outgrow.errors import ConfigError
from outgrow.models.base import Model


def chain(weak_cost: float | None, strong: Model, *, links: int, sizes: tuple[str, ...] = ()) -> list[Model]:
    """Models that cost more than the supervisor, smallest first; the last is the student.

    Args:
        weak_cost: of the supervisor; a ConfigError if it is None, for then it is no model.
        links: how many models before the student, spread evenly over its ladder; fewer where there are fewer.
        sizes: those models by name instead; ConfigError if they do not rise.
    """
    if weak_cost is None:
        raise ConfigError("bootstrapping needs a weak supervisor that is a model, so that sizes between can be chosen")
    if sizes:
        chosen = [*(strong.of_size(name) for name in sizes), strong]
        costs = [weak_cost, *(model.cost for model in chosen)]
        if costs != sorted(costs):
            raise ConfigError(
                f"method.sizes = {list(sizes)}: the sizes must rise from the weak supervisor to the student "
                f"{strong.name!r}; order them, or leave sizes out"
            )
        return chosen
    between = [model for model in strong.ladder() if weak_cost < model.cost < strong.cost]
    links = min(links, len(between))
    picked = [between[round((i + 1) * (len(between) + 1) / (links + 1)) - 1] for i in range(links)]
    return [*picked, strong]
