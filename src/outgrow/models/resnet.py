"""ResNets trained on ImageNet with labels."""

from outgrow.models.bases.vision import Preset, add_family

add_family(
    {
        "resnet-18": Preset(path="microsoft/resnet-18", macs=1.81e9, about="ResNet-18 trained on ImageNet with labels"),
        "resnet-50": Preset(path="microsoft/resnet-50", macs=4.09e9, about="ResNet-50 trained on ImageNet with labels"),
    }
)
