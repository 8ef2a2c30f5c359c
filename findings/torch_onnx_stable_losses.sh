#!/usr/bin/env bash
# torch 2.13.0 with onnxscript 0.7.2: what is exported for the stable losses is the unstable formula.
#
# Expected: binary_cross_entropy_with_logits, logsigmoid and logaddexp exist because the plain
# formulas overflow; their export keeps the form that does not (onnx has Softplus for it).
# Happens: the graphs are Log(Sigmoid(x)) and Log(Exp(a) + Exp(b)). For a logit of -20 and a target
# of 1 torch has a loss of 20, the exported graph one of infinity; logaddexp(100, 100) is infinite.
# Hurts: whoever exports a Bernoulli VAE's score or a mixture's log density. All tests on ordinary
# examples agree; the odd example, for which such a score is made, gives inf, and a mean over the
# batch is lost with it.
# Way round: write the loss with softplus, which is exported as onnx's Softplus: softplus(x) - x t;
# and log(e^a + e^b) with logsumexp of the two stacked, which becomes ReduceLogSumExp.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    torch==2.13.0 onnxscript==0.7.2 onnxruntime==1.32.0 onnx==1.23.2 numpy==2.4.6
"$folder/venv/bin/python" -W ignore - <<'PY'
import logging
import sys

import numpy as np
import onnxruntime
import torch
import torch.nn.functional as F

logging.disable(logging.CRITICAL)


class Function(torch.nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, *inputs):
        return self.function(*inputs)


def compared(name, function, *inputs):
    program = torch.onnx.export(Function(function), inputs, dynamo=True, verbose=False)
    model = program.model_proto
    session = onnxruntime.InferenceSession(model.SerializeToString())
    feeds = {port.name: x.numpy() for port, x in zip(session.get_inputs(), inputs, strict=True)}
    wanted, found = function(*inputs).numpy(), session.run(None, feeds)[0]
    print(name, [node.op_type for node in model.graph.node])
    print("  torch", wanted, "\n  exported", found)
    return np.isfinite(wanted).all(), np.isfinite(found).tolist()


logits, targets = torch.tensor([-20.0, 0.0, 3.0]), torch.tensor([1.0, 0.5, 1.0])
large = torch.tensor([100.0, 0.0, 3.0])
seen = [
    compared(
        "binary_cross_entropy_with_logits",
        lambda x, t: F.binary_cross_entropy_with_logits(x, t, reduction="none"),
        logits,
        targets,
    ),
    compared("logsigmoid", F.logsigmoid, logits),
    compared("logaddexp", torch.logaddexp, large, large),
    compared("by softplus", lambda x, t: F.softplus(x) - x * t, logits, targets),
]
broken, sound = (True, [False, True, True]), (True, [True, True, True])
sys.exit(0 if seen == [broken, broken, broken, sound] else 1)
PY
