"""What every study of a method with a budget of ground truth holds beside it: the same budget, used plainly."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Sequence
from typing import Any

from outgrow.config.where import Where
from outgrow.errors import ConfigError
from outgrow.experiment import Experiment
from outgrow.methods.gt_only import GtOnly
from outgrow.methods.weak_then_gt import WeakThenGt
from outgrow.spec import short

log = logging.getLogger(__name__)
BASELINES = (GtOnly(), WeakThenGt())


def wanted(tables: dict[str, Any], where: Where) -> bool:
    """Whether the baselines are added: what a document says of it, which is taken out of it."""
    found = tables.pop("baselines", True)
    sweep = tables.get("sweep")
    if isinstance(sweep, dict) and "baselines" in sweep:
        raise ConfigError(f"{where.at('sweep.baselines')}: baselines holds for a whole study; set it outside [sweep]")
    if not isinstance(found, bool):
        raise ConfigError(f"{where.at('baselines')}: baselines is true or false, not {short(found)}")
    return found


def with_baselines(experiments: Sequence[Experiment]) -> list[Experiment]:
    """The experiments, and for each with a budget the baselines at the same budget that are not there already.

    A method that learns from known truth and does no better than both is of no use (Zhu et al. 2023, "Weaker than you
    think").
    """
    budgeted = [one for one in experiments if one.n_ground_truth and one.method not in BASELINES]
    beside = [dataclasses.replace(one, method=method) for one in budgeted for method in BASELINES]
    found = list(dict.fromkeys([*experiments, *beside]))
    if len(found) > len(experiments):
        names = " and ".join(dict.fromkeys(one.method.name for one in found[len(experiments) :]))
        log.warning(
            "%s with the same n_ground_truth stand beside the method: it has to beat them to be of use "
            "(baselines = false leaves them out)", names,
        )  # fmt: skip
    return found
