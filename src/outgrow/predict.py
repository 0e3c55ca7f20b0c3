"""The one inference loop."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

BATCH = 500


@torch.inference_mode()
def predict(network: nn.Module, inputs: np.ndarray, *, device: torch.device) -> np.ndarray:
    """Probabilities of each row, float32 [n, classes], rows summing to 1."""
    was_training = network.training
    network.to(device).eval()
    found = [
        network(torch.from_numpy(inputs[start : start + BATCH]).to(device)).float().softmax(-1).cpu().numpy()
        for start in range(0, len(inputs), BATCH)
    ]
    network.train(was_training)
    return np.concatenate(found)


def summarise(probabilities: np.ndarray, labels: np.ndarray) -> dict[str, np.ndarray]:
    """Per example: predicted class, truth, the truth's rank (ties count against it) and its probability."""
    truth_probability = np.take_along_axis(probabilities, labels[:, None], 1)
    return {
        "predicted": probabilities.argmax(1).astype(np.int64),
        "truth": labels.astype(np.int64),
        "rank": (probabilities >= truth_probability).sum(1).astype(np.int64) - 1,
        "truth_probability": truth_probability[:, 0].astype(np.float32),
    }
