"""Checks of the network: one pass forth and back serves them all."""

from eegcli.registry.checks.entry import NETWORK, CheckEntry

CHECKS_OF_NETWORK: dict[str, CheckEntry] = {
    "output-activation": CheckEntry(
        "eegcli.checks.network.outputs:output_activation",
        ("trial",),
        "a softmax, sigmoid, tanh or ReLU before a loss that takes logits",
        NETWORK,
        1.0,
    ),
    "constant-outputs": CheckEntry(
        "eegcli.checks.network.outputs:constant_outputs",
        ("trial",),
        "outputs that are the same for every window, or no numbers",
        NETWORK,
        1.0,
    ),
    "window-by-itself": CheckEntry(
        "eegcli.checks.network.outputs:alone", ("trial",), "outputs that depend on the other windows of the batch", NETWORK, 1.0
    ),
    "unused-inputs": CheckEntry(
        "eegcli.checks.network.inputs:unused_inputs",
        ("trial",),
        "electrodes or samples that no output depends on: a stride over electrodes, a pool that eats the window",
        NETWORK,
        1.0,
    ),
    "axis-order": CheckEntry(
        "eegcli.checks.network.axes:axis_order",
        ("trial",),
        "layers that slide over electrodes in file order, or a view in place of a transposition",
        NETWORK,
        1.0,
    ),
    "nonlinearity": CheckEntry(
        "eegcli.checks.network.nonlinearity:nonlinearity",
        ("trial",),
        "layers with nothing between them, which are one linear layer",
        NETWORK,
        1.0,
    ),
    "initialisation": CheckEntry(
        "eegcli.checks.network.initialisation:initialisation",
        ("trial",),
        "weights that begin alike, at zero, or far too large or small",
        NETWORK,
        1.0,
    ),
    "frozen-weights": CheckEntry("eegcli.checks.network.gradients:frozen", ("trial",), "weights that are not to learn", NETWORK, 1.0),
    "gradient-check": CheckEntry(
        "eegcli.checks.network.differences:gradient_check",
        ("trial",),
        "a gradient along which the loss does not fall: a backward of one's own, values changed in place",
        NETWORK,
        1.0,
    ),
    "random-forward": CheckEntry(
        "eegcli.checks.network.randomness:random_forward",
        ("trial",),
        "a forward pass that draws noise, or another order of electrodes or samples each time",
        NETWORK,
        1.0,
    ),
    "cut-off-inputs": CheckEntry(
        "eegcli.checks.network.cut_off:cut_off_inputs",
        ("trial",),
        "a clamp or rectifier on the input that cuts off most of it",
        NETWORK,
        1.0,
    ),
    "gradients": CheckEntry(
        "eegcli.checks.network.gradients:gradients",
        ("trial",),
        "layers that get no gradient: detached, never used, vanishing, exploding",
        NETWORK,
        1.0,
    ),
    "dead-units": CheckEntry(
        "eegcli.checks.network.units:units", ("trial",), "units that are never active, or saturated", NETWORK, 1.0, symptom=True
    ),
    "dropout": CheckEntry(
        "eegcli.checks.network.modes:dropout", ("trial",), "a dropout that leaves nothing, or is off in training", NETWORK, 1.0
    ),
    "batch-norm": CheckEntry(
        "eegcli.checks.network.modes:batch_norm",
        ("trial",),
        "batch norm in the wrong mode, with statistics that lag, or of too few windows",
        NETWORK,
        1.0,
    ),
    "number-of-weights": CheckEntry(
        "eegcli.checks.network.size:size",
        ("trial",),
        "far more weights than windows, hardly any, or a bottleneck of one value",
        NETWORK,
        1.0,
    ),
    "receptive-field": CheckEntry(
        "eegcli.checks.network.field:receptive_field", ("trial",), "filters that see less than half a cycle of a rhythm", NETWORK, 5.0
    ),
    "rhythms": CheckEntry("eegcli.checks.network.field:rhythms", ("trial",), "pools or strides that average rhythms away", NETWORK, 1.0),
    "input-scaling": CheckEntry(
        "eegcli.checks.network.scaling:input_scaling", ("trial",), "offsets and sizes of windows that nothing normalises", NETWORK, 1.0
    ),
}
