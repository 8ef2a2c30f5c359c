#!/usr/bin/env bash
# torch 2.13.0 with onnxscript 0.7.2: log_ndtr, erfcx and logcumsumexp lose their tails when exported.
#
# Expected: these three exist for the tails. torch.special.log_ndtr(-14) is -101.6, erfcx(10) is 0.056,
# and logcumsumexp of -1200, -600, 300 is the same three numbers; the exported graphs say so, too.
# Happens: the graphs hold the formulas that a textbook gives. log_ndtr is minus infinity at -10 and
# no number from -14 on down, erfcx is no number at 10, and logcumsumexp is minus infinity wherever a
# later value is much larger, for it subtracts the largest of all values instead of the one so far.
# Hurts: whoever exports a censored likelihood, an expected improvement, a filter over time. Ordinary
# examples agree to the last digit; the far ones, for which these functions are made, are lost.
# Way round for the first: below -5, write -x²/2 - log(-x sqrt(2 π)) plus its asymptotic series.
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

logging.disable(logging.CRITICAL)


class Function(torch.nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


def compared(name, function, x):
    program = torch.onnx.export(Function(function), (x,), dynamo=True, verbose=False)
    session = onnxruntime.InferenceSession(program.model_proto.SerializeToString())
    wanted, found = function(x).numpy(), session.run(None, {session.get_inputs()[0].name: x.numpy()})[0]
    print(name, "of", x.numpy(), "\n  torch   ", wanted, "\n  exported", found)
    return bool(np.isfinite(wanted).all()), np.isfinite(found).tolist()


seen = [
    compared("log_ndtr", torch.special.log_ndtr, torch.tensor([-20.0, -14.0, -10.0, -5.0, 0.0])),
    compared("erfcx", torch.special.erfcx, torch.tensor([-1.0, 0.0, 10.0])),
    compared(
        "logcumsumexp",
        lambda x: torch.logcumsumexp(x, 0),
        torch.tensor([-1200.0, -600.0, 300.0]),
    ),
]
described = [
    (True, [False, False, False, True, True]),
    (True, [True, True, False]),
    (True, [False, False, True]),
]
sys.exit(0 if seen == described else 1)
PY
