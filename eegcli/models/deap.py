"""Networks of a course report on DEAP: fully connected and convolutional, on 32 x 99 statistics, with one logit."""

from __future__ import annotations

import math
from collections import OrderedDict

import torch
from torch import nn

from eegcli.models.blocks import ACTIVATIONS, Activation, per_layer
from eegcli.models.layers import output_shape


def xavier_normal(model: nn.Module) -> None:
    """Draw the weights of linear layers from a normal distribution of Glorot's spread, biases 0."""
    for module in model.modules():
        if isinstance(module, nn.Linear):
            nn.init.xavier_normal_(module.weight)
            nn.init.zeros_(module.bias)


class DeapDNN(nn.Module):
    """DNN of the report: fully connected layers on the values of a window.

    Parameters
    ----------
    shape : tuple of int
        Shape of a window; 32 x 99 in the report.
    n_outputs : int
        1, the log odds of the second of two classes; 1 for a continuous target, too.
    sfreq : float
        Sampling frequency, Hz; not used.
    n_hidden : tuple of int
        Widths of the hidden layers.
    activation : {"relu", "leaky-relu", "elu", "gelu"}
    dropout : tuple of float
        Shares dropped in training, of the input and after each hidden layer.

    Notes
    -----
    Course report on DEAP (Koelstra et al. 2012, doi:10.1109/T-AFFC.2011.15): 18,847,501 weights for 32 x 99, which prove the third width of
    1000 (the report's table prints 100). Weights are Xavier-normal, biases 0.
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        n_outputs: int,
        sfreq: float,
        *,
        n_hidden: tuple[int, ...] = (5000, 500, 1000),
        activation: Activation = "relu",
        dropout: tuple[float, ...] = (0.25, 0.5, 0.5, 0.5),
    ) -> None:
        super().__init__()
        rates = per_layer("dropout", dropout, len(n_hidden) + 1)
        layers: OrderedDict[str, nn.Module] = OrderedDict(dropout0=nn.Dropout(rates[0]))
        n_in = math.prod(shape)
        for number, (width, rate) in enumerate(zip(n_hidden, rates[1:], strict=True), start=1):
            layers[f"fc{number}"] = nn.Linear(n_in, width)
            layers[f"activation{number}"] = ACTIVATIONS[activation]()
            layers[f"dropout{number}"] = nn.Dropout(rate)
            n_in = width
        self.hidden = nn.Sequential(layers)
        self.final_layer = nn.Linear(n_in, n_outputs)
        self.initialise()

    def initialise(self) -> None:
        """Draw the weights as the source does."""
        xavier_normal(self)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Classify windows: (batch, *shape) -> (batch, n_outputs) before any sigmoid."""
        output: torch.Tensor = self.final_layer(self.hidden(x.flatten(1)))
        return output


class DeapCNN(nn.Module):
    """CNN of the report: two convolutions of 3 x 3 on a window as an image.

    Parameters
    ----------
    shape : tuple of int
        Height and width of a window: at least 2 x 2; 32 x 99 in the report.
    n_outputs : int
        1, the log odds of the second of two classes; 1 for a continuous target, too.
    sfreq : float
        Sampling frequency, Hz; not used.
    n_filters : tuple of int
        Maps of the convolutions.
    n_hidden : int
        Width of the hidden layer.
    pool_chans, pool_times : int
        Height and width of the pooling.
    activation : {"relu", "leaky-relu", "elu", "gelu"}
    dropout : tuple of float
        Shares dropped in training: of the input, of the maps (whole maps) after each convolution, after the pooling, after the hidden layer.

    Notes
    -----
    Course report on DEAP (Koelstra et al. 2012, doi:10.1109/T-AFFC.2011.15): 4,021,777 weights for 32 x 99. Linear layers are Xavier-normal
    with biases 0; convolutions are drawn as torch draws them.
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        n_outputs: int,
        sfreq: float,
        *,
        n_filters: tuple[int, ...] = (20, 40),
        n_hidden: int = 128,
        pool_chans: int = 2,
        pool_times: int = 2,
        activation: Activation = "relu",
        dropout: tuple[float, ...] = (0.25, 0.15, 0.15, 0.5, 0.25),
    ) -> None:
        super().__init__()
        first, second = per_layer("n_filters", n_filters, 2)
        of_input, of_first, of_second, of_pooled, of_hidden = per_layer("dropout", dropout, 5)
        self.features = nn.Sequential(
            OrderedDict(  # shapes behind each line: for 32 x 99
                dropout0=nn.Dropout(of_input),
                conv1=nn.Conv2d(1, first, 3, padding=1),  # 20 x 32 x 99
                activation1=ACTIVATIONS[activation](),
                dropout1=nn.Dropout2d(of_first),
                conv2=nn.Conv2d(first, second, 3, padding=1),  # 40 x 32 x 99
                activation2=ACTIVATIONS[activation](),
                dropout2=nn.Dropout2d(of_second),
                pool=nn.MaxPool2d((pool_chans, pool_times)),  # 40 x 16 x 49
            )
        )
        height, width = shape
        n_features = math.prod(output_shape("deap-cnn", self.features, (1, height, width)))
        self.classifier = nn.Sequential(
            OrderedDict(
                dropout1=nn.Dropout(of_pooled),
                fc1=nn.Linear(n_features, n_hidden),
                activation1=ACTIVATIONS[activation](),
                dropout2=nn.Dropout(of_hidden),
            )
        )
        self.final_layer = nn.Linear(n_hidden, n_outputs)
        self.initialise()

    def initialise(self) -> None:
        """Draw the weights of linear layers as the source does."""
        xavier_normal(self)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Classify windows: (batch, height, width) -> (batch, n_outputs) before any sigmoid."""
        maps = self.features(x.unsqueeze(1))
        output: torch.Tensor = self.final_layer(self.classifier(maps.flatten(1)))
        return output
