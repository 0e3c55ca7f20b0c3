"""The registry of losses; `outgrow.learning.losses.Loss` says what one is."""

from __future__ import annotations

from outgrow.learning.losses import Loss
from outgrow.registry import Registry

losses: Registry[type[Loss]] = Registry("losses", package="outgrow.methods.losses")
