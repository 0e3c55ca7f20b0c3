"""The registry of losses; `outgrow.learning.losses.Loss` says what one is."""

from __future__ import annotations

from outgrow.learning.losses import CrossEntropy, Loss
from outgrow.registry import Registry

losses: Registry[type[Loss]] = Registry("losses", package="outgrow.methods.losses")
losses.add("cross_entropy", CrossEntropy, about="cross-entropy with the targets", source="Burns et al. 2023, sec. 3")
