#!/usr/bin/env bash
# onnxruntime 1.32.0 (and the function in onnx 1.23.2 that it runs): Bernoulli gives 1 with probability 1 - p.
#
# Expected: "an output of 1 is produced with probability p and an output of 0 is produced with probability
# (1-p)", as the operator's page says and as onnx's ReferenceEvaluator does.
# Happens: the other way round: of p = 0 all are 1, of p = 1 all are 0, of p = 0.1 nine in ten are 1.
# onnxruntime has no kernel of its own and expands the operator by the body that onnx gives with it:
# RandomUniformLike, then Greater (random, input), where Less belongs. At 0.5 there is nothing to see.
# Besides, as the sessions come two such nodes of one input, without a seed, are taken for one before they
# are expanded, so that two draws are the same; without optimization they are two.
# Hurts: binary autoencoders and restricted Boltzmann machines that draw their codes, masks of a denoiser
# ("drop a tenth" drops nine tenths), whatever samples pixels from a decoder: pictures come out as
# negatives. Exporters mostly write RandomUniformLike and Less themselves, so that few meet it.
# Way round: Less(RandomUniformLike(p), p), which also stays two draws where it stands twice.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check onnx==1.23.2 onnxruntime==1.32.0 numpy==2.4.6
"$folder/venv/bin/python" - <<'PY'
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import FunctionProto, TensorProto, helper
from onnx.reference import ReferenceEvaluator

CHANCES = np.float32([0, 0.1, 0.3, 0.5, 1])
SHAPE = [len(CHANCES), 20000]
rows = np.repeat(CHANCES[:, None], SHAPE[1], axis=1)
LEVELS = onnxruntime.GraphOptimizationLevel


def drawn(*nodes, names=("y",)):
    info = [helper.make_tensor_value_info(name, TensorProto.FLOAT, SHAPE) for name in ("p", *names)]
    graph = helper.make_graph(list(nodes), "draw", info[:1], info[1:])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    return model


def run(model, level=LEVELS.ORT_ENABLE_ALL):
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = level
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return session.run(None, {"p": rows})


one = helper.make_node("Bernoulli", ["p"], ["y"])
schema = onnx.defs.get_schema("Bernoulli", 17, "")
given = drawn(one).graph.input[0].type.SerializeToString()
body = FunctionProto.FromString(
    schema.get_context_dependent_function_with_opset_version(15, one.SerializeToString(), [given]))
by_body = [(node.op_type, *node.input) for node in body.node]
by_hand = drawn(helper.make_node("RandomUniformLike", ["p"], ["u"]), helper.make_node("Less", ["u", "p"], ["b"]),
                helper.make_node("Cast", ["b"], ["y"], to=TensorProto.FLOAT))
shares = {
    "onnxruntime": run(drawn(one))[0].mean(axis=1),
    "without optimization": run(drawn(one), LEVELS.ORT_DISABLE_ALL)[0].mean(axis=1),
    "onnx's reference": ReferenceEvaluator(drawn(one)).run(None, {"p": rows})[0].mean(axis=1),
    "onnxruntime, with Less": run(by_hand)[0].mean(axis=1),
}
print("asked for:", CHANCES.tolist())
for who, share in shares.items():
    print(f"{who}: share of ones", [round(float(value), 3) for value in share])
print("the body of the operator:", by_body)

twice = drawn(*(helper.make_node("Bernoulli", ["p"], [f"draw{i}"]) for i in "12"),
              *(helper.make_node("Add", ["p", f"draw{i}"], [f"y{i}"]) for i in "12"), names=("y1", "y2"))
same = {level.name: bool(np.array_equal(*run(twice, level))) for level in (LEVELS.ORT_ENABLE_ALL, LEVELS.ORT_DISABLE_ALL)}
print("two draws are the same:", same)

near = lambda a, b: np.abs(np.asarray(a) - b).max() < 0.02
as_told = (
    "1 is produced with probability p" in " ".join(schema.doc.split())
    and near(shares["onnxruntime"], 1 - CHANCES) and near(shares["without optimization"], 1 - CHANCES)
    and near(shares["onnx's reference"], CHANCES) and near(shares["onnxruntime, with Less"], CHANCES)
    and any(kind == "Greater" and inputs[-1] in ("input", "p") for kind, *inputs in by_body)
    and same == {"ORT_ENABLE_ALL": True, "ORT_DISABLE_ALL": False}
)
sys.exit(0 if as_told else 1)
PY
