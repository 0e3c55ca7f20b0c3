"""The baselines of `own_labels.py`, computed by another interpreter and kept."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import numpy as np
from own_labels_data import Case, Rows

SCRIPT = Path(__file__).parent / "own_labels_baselines.py"


def standardised(rows: Rows, case: Case, model: str) -> tuple[np.ndarray, np.ndarray]:
    """Features of the training and the test rows, float16, in units of the training rows' deviation."""
    values = rows.features[model].astype(np.float32)
    mean, deviation = values[case.train].mean(0), values[case.train].std(0)
    deviation[deviation < 1e-6] = 1
    scaled = ((values - mean) / deviation).clip(-100, 100).astype(np.float16)
    return scaled[case.train], scaled[case.test]


def baselines(rows: Rows, case: Case, model: str, *, python: str, kept: Path) -> dict[str, np.ndarray]:
    """Classes that each baseline gives to the test rows; and, as `fused`, those of two fusions on the training rows.

    Args:
        python: an interpreter that has what `own_labels_baselines.py` needs.
        kept: where the answers are written to, and read from if they are there.
    """
    if not kept.exists():
        x, test = standardised(rows, case, model)
        given, made = kept.with_suffix(".in.npz"), kept.with_suffix(".out.npz")
        np.savez(given, x=x, test=test, votes=case.votes, k=len(rows.classes), audited=case.audited,
                 checked=rows.truth[case.train[case.audited]])  # fmt: skip
        environment = {**os.environ, "PYTHONPATH": "", "OMP_NUM_THREADS": "1"}
        subprocess.run([python, str(SCRIPT), str(given), str(made)], check=True, env=environment)
        given.unlink()
        made.rename(kept)
    found = np.load(kept)
    return {"fused": found["fused"], **dict(zip(found["names"].tolist(), found["said"], strict=True))}
