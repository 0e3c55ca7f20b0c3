"""MobileNetV2, trained on ImageNet with labels."""

from outgrow.models.bases.vision import Preset, add_family

add_family(
    {
        "mobilenet-v2": Preset(
            path="google/mobilenet_v2_1.0_224", macs=0.30e9, about="MobileNetV2 trained on ImageNet with labels"
        ),
    }
)
