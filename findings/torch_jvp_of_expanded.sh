#!/usr/bin/env bash
# torch 2.13.0: forward-mode derivatives refuse an input that was expanded.
#
# Expected: one code beside many directions, z.expand(n, -1), is an input like any other: vjp and jacrev
# take it, and so does every function without derivatives.
# Happens: torch.func.jvp and jacfwd, and make_dual under them, raise RuntimeError: "more than one
# element of the written-to tensor refers to a single memory location", though the function writes
# nothing: the tangent is copied into memory laid out like the input. An expanded tangent is accepted.
# Hurts: whoever asks how a decoder's picture changes along several directions of the code at one place,
# or takes Jacobians of a mean repeated over a batch; and jacfwd cannot take jacrev's place there. The
# advice of the message, to clone the tensor before the operation, is for an operation that the reader
# did not write.
# Way round: z.expand(n, -1).clone(), or vmap over the directions with z itself.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check torch==2.13.0 numpy==2.4.6
"$folder/venv/bin/python" -W ignore - <<'PY'
import sys

import torch
from torch.func import jacfwd, jacrev, jvp, vjp


def decoder(z):
    return torch.tanh(z) * z


code = torch.tensor([[0.5, -1.0]])
repeated = code.expand(3, -1)
directions = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])


def outcome(ask):
    try:
        ask()
        return "answers"
    except RuntimeError as error:
        return f"raises RuntimeError: {str(error).split('.')[0]}"


seen = {
    "jvp, expanded input": outcome(lambda: jvp(decoder, (repeated,), (directions,))),
    "jacfwd, expanded input": outcome(lambda: jacfwd(decoder)(repeated)),
    "jvp, the same cloned": outcome(lambda: jvp(decoder, (repeated.clone(),), (directions,))),
    "jvp, expanded tangent": outcome(lambda: jvp(decoder, (directions,), (repeated,))),
    "vjp, expanded input": outcome(lambda: vjp(decoder, repeated)[1](directions)),
    "jacrev, expanded input": outcome(lambda: jacrev(decoder)(repeated)),
}
for name, found in seen.items():
    print(f"{name:24} {found}")
refused = [name for name, found in seen.items() if "single memory location" in found]
sys.exit(0 if refused == ["jvp, expanded input", "jacfwd, expanded input"] else 1)
PY
