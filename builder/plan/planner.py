"""The way from an ONNX model to a plan."""

from __future__ import annotations

import onnx
from google.protobuf.message import DecodeError

from builder.plan.graph import Refused, read
from builder.plan.layout import Plan, lay_out
from builder.plan.lower import Program, lower
from builder.plan.simplify import simplify
from builder.plan.vocabulary import Vocabulary


def load_model(data: bytes) -> onnx.ModelProto:
    """An ONNX model; raises Refused if the bytes are none."""
    try:
        return onnx.load_from_string(data)
    except DecodeError as error:
        raise Refused("this is no ONNX model") from error


def plan_graph(model: onnx.ModelProto, vocabulary: Vocabulary) -> Plan:
    """The plan of an ONNX model. Raises Refused for a graph that the kernels cannot run."""

    def lower_at(rows: int, steps: int) -> Program:
        graph = read(model, rows, steps)
        simplify(graph)
        return lower(graph, vocabulary)

    loop = any(node.op_type == "Scan" for node in model.graph.node)
    return lay_out(lower_at, vocabulary, loop)


__all__ = ["Plan", "Refused", "load_model", "plan_graph"]
