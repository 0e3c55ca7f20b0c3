"""The registry of selections; `outgrow.learning.objective.Selection` says what one is."""

from __future__ import annotations

from outgrow.learning.objective import Selection
from outgrow.registry import Registry

selections: Registry[type[Selection]] = Registry("selections", package="outgrow.methods.selections")
