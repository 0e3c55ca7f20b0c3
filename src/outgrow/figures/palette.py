"""Colours of figures and pages by name, light and dark: the Okabe-Ito palette, which the colour-blind can tell apart.

Some tones are darker than the palette's own, so that text has a contrast of 4.5 with the paper and marks have one of 3
(WCAG 2.2, 1.4.3 and 1.4.11).
"""

from __future__ import annotations

from types import MappingProxyType

TONES = ("s0", "s1", "s2", "s3", "s4", "s5")

LIGHT = MappingProxyType({
    "paper": "#ffffff", "ink": "#16181b", "grey": "#5f6368", "rule": "#dfe2e5", "soft": "#f5f6f7",
    "s0": "#0072b2", "s1": "#bd4f00", "s2": "#007f5c", "s3": "#a8548b", "s4": "#946500", "s5": "#2778ac",
})  # fmt: skip
DARK = MappingProxyType({
    "paper": "#131518", "ink": "#eceded", "grey": "#a3a9af", "rule": "#31363b", "soft": "#1c1f23",
    "s0": "#56b4e9", "s1": "#ff8a4a", "s2": "#2fc596", "s3": "#e6a0c8", "s4": "#f0c04a", "s5": "#9ccff2",
})  # fmt: skip
