"""DINOv2: transformers trained without labels, on more images than ImageNet."""

from outgrow.models.bases.vision import Preset, add_family

add_family(
    {
        "dinov2-small": Preset(path="facebook/dinov2-small", macs=6.12e9, about="ViT-S/14 trained by DINOv2"),
        "dinov2-base": Preset(path="facebook/dinov2-base", macs=23.2e9, about="ViT-B/14 trained by DINOv2"),
    }
)
