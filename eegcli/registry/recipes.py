"""Table of shipped recipes."""

from __future__ import annotations

RECIPES: dict[str, str] = {
    "default": "what every command does without --recipe",
    "minimal": "the least: drift and mains out, one sampling frequency",
    "hbn": "sex from eyes-closed rest, with burst repair by ASR",
    "truong2021": "as the published code has it, without burst repair",
    "bci-iiib": "imagined hands of BCI competition III, as a course trained EEGNet and DeepConvNet",
    "deap-dnn": "valence of DEAP, as a course report trained its DNN",
    "deap-cnn": "valence of DEAP, as a course report trained its CNN",
}
