"""ViT: a transformer trained on ImageNet-21k with labels."""

from outgrow.models.bases.vision import Preset, add_family

add_family(
    {
        "vit-base": Preset(
            path="google/vit-base-patch16-224-in21k", macs=17.6e9, about="ViT-B/16 trained on ImageNet-21k with labels"
        ),
    }
)
