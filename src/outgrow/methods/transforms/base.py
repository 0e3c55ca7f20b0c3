"""The registry of transforms; `outgrow.learning.objective.Transform` says what one is."""

from __future__ import annotations

from outgrow.learning.objective import Transform
from outgrow.registry import Registry

transforms: Registry[type[Transform]] = Registry("transforms", package="outgrow.methods.transforms")
