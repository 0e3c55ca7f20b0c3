"""The contract that every component keeps, as a check for one's own: `outgrow.testing.check(component)`."""

from __future__ import annotations

from typing import Any

from outgrow.learning.losses import Loss
from outgrow.learning.objective import Selection, Transform
from outgrow.methods.base import Method
from outgrow.metrics.base import Metric
from outgrow.models.base import Model
from outgrow.testing.broken import Broken
from outgrow.testing.learned import check_model
from outgrow.testing.objectives import check_loss, check_method, check_selection, check_transform
from outgrow.testing.scored import check_metric
from outgrow.testing.specs import check_spec
from outgrow.testing.tasked import check_task

__all__ = ["Broken", "check"]


def check(component: Any) -> None:
    """Raise `Broken` where a task, model, method, metric, transform, selection or loss breaks its contract.

    Args:
        component: an instance, or a class that needs no options. A task is loaded, and a model built.
    """
    one = component() if isinstance(component, type) else component
    if isinstance(one, Metric):
        check_metric(one)
        return
    check_spec(one)
    if isinstance(one, Transform):
        check_transform(one)
    elif isinstance(one, Selection):
        check_selection(one)
    elif isinstance(one, Loss):
        check_loss(one)
    elif isinstance(one, Method):
        check_method(one)
    elif isinstance(one, Model):
        check_model(one)
    elif hasattr(one, "load") and hasattr(one, "kind"):
        check_task(one)
    else:
        raise Broken(
            f"{type(one).__name__} is no component: no task, model, method, metric, transform, selection, loss"
        )
