"""AlexNet in one column (Krizhevsky 2014), weights by the names of torchvision's file."""

from __future__ import annotations

from torch import Tensor, nn

WIDTH, CLASSES = 4_096, 1_000


class AlexNet(nn.Module):
    """Images float32 [b, 3, height, width], normalised as ImageNet, to the logits of ImageNet's classes."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 64, 11, stride=4, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2),
            nn.Conv2d(64, 192, 5, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2),
            nn.Conv2d(192, 384, 3, padding=1), nn.ReLU(),
            nn.Conv2d(384, 256, 3, padding=1), nn.ReLU(),
            nn.Conv2d(256, 256, 3, padding=1), nn.ReLU(), nn.MaxPool2d(3, 2),
        )  # fmt: skip
        self.avgpool = nn.AdaptiveAvgPool2d(6)
        self.classifier = nn.Sequential(
            nn.Dropout(), nn.Linear(256 * 6 * 6, WIDTH), nn.ReLU(),
            nn.Dropout(), nn.Linear(WIDTH, WIDTH), nn.ReLU(),
            nn.Linear(WIDTH, CLASSES),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.classifier(self.avgpool(self.features(x)).flatten(1))
        return logits

    def split(self) -> tuple[nn.Module, nn.Module]:
        """The network down to the vector [b, 4096] before its last layer, and that layer."""
        head = self.classifier[-1]
        self.classifier[-1] = nn.Identity()
        return self, head
