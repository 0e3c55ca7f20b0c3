"""DINO: networks trained on ImageNet without labels."""

from outgrow.models.bases.vision import Preset, add_family

DINO = "trained on ImageNet by DINO, without labels"

add_family(
    {
        "dino-resnet50": Preset(path="Ramos-Ramos/dino-resnet-50", macs=4.09e9, about=f"ResNet-50 {DINO}"),
        "dino-vits16": Preset(path="facebook/dino-vits16", macs=4.60e9, about=f"ViT-S/16 {DINO}"),
        "dino-vitb8": Preset(path="facebook/dino-vitb8", macs=78.1e9, about=f"ViT-B/8 {DINO}", epochs=5),
    }
)
