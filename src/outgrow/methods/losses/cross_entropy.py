"""The loss `cross_entropy`, which is what a method has that names no other."""

from __future__ import annotations

from outgrow.learning.losses import CrossEntropy
from outgrow.methods.losses.base import losses

losses.add("cross_entropy", CrossEntropy, about="cross-entropy with the targets", source="Burns et al. 2023, sec. 3")
