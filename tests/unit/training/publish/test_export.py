"""A graph is published only if onnxruntime computes what torch computes."""

from typing import Any

import numpy as np
import onnx
import pytest
import torch
from onnx import numpy_helper

from training.learn.networks import DenseAutoencoder, DenseVAE
from training.publish import export as module
from training.publish.card import Port
from training.publish.export import (
    Call,
    ExportError,
    check,
    export,
    gaussian_sampler,
    inference_session,
    round_to_half,
    shrink_to_half,
    uniform_sampler,
    with_weights,
)

X = Port("x", ("n", 6), "ink", "input")
Z = Port("z", ("n", 2), "deviations", "code")
X_HAT = Port("x_hat", ("n", 6), "ink", "output")
MU, LOG_VAR = Port("mu", ("n", 2), "deviations", "mean"), Port("log_var", ("n", 2), "log", "spread")


@pytest.fixture
def model() -> DenseAutoencoder:
    torch.manual_seed(0)
    return DenseAutoencoder(6, (16, 8), 2)


def test_export_equals_torch_at_any_batch_size(model: DenseAutoencoder) -> None:
    graph = export(Call(model, "decode"), (Z,), (X_HAT,), gaussian_sampler((Z,)))
    assert graph.max_abs_difference <= graph.tolerance
    session = inference_session(graph.model.SerializeToString())
    for n in (1, 5, 33):
        z = np.random.default_rng(n).standard_normal((n, 2)).astype(np.float32)
        with torch.no_grad():
            expected = model.decode(torch.from_numpy(z)).numpy()
        (found,) = session.run(["x_hat"], {"z": z})
        assert np.abs(found - expected).max() <= 1e-5


def test_ports_name_the_inputs_and_outputs_and_the_batch_axis() -> None:
    graph = export(Call(DenseVAE(6, (8,), 2), "encode"), (X,), (MU, LOG_VAR), uniform_sampler((X,)))
    assert [value.name for value in graph.model.graph.input] == ["x"]
    assert [value.name for value in graph.model.graph.output] == ["mu", "log_var"]
    batch = graph.model.graph.input[0].type.tensor_type.shape.dim[0]
    assert batch.dim_param == "n"


def test_references_hold_inputs_and_torch_outputs_of_two_batches(model: DenseAutoencoder) -> None:
    graph = export(Call(model, "encode"), (X,), (Z,), uniform_sampler((X,)))
    assert [reference.inputs["x"].shape for reference in graph.references] == [(1, 6), (7, 6)]
    for reference in graph.references:
        with torch.no_grad():
            expected = model.encode(torch.from_numpy(reference.inputs["x"])).numpy()
        assert np.array_equal(reference.outputs["z"], expected)


def test_no_metadata_is_left(model: DenseAutoencoder) -> None:
    graph = export(Call(model, "decode"), (Z,), (X_HAT,), gaussian_sampler((Z,)))
    assert not graph.model.metadata_props
    assert all(not node.metadata_props and not node.doc_string for node in graph.model.graph.node)
    assert b"/" not in b"".join(node.name.encode() for node in graph.model.graph.node)


def test_a_wrong_graph_is_refused(model: DenseAutoencoder) -> None:
    graph = export(Call(model, "decode"), (Z,), (X_HAT,), gaussian_sampler((Z,)))
    wrong = onnx.ModelProto()
    wrong.CopyFrom(graph.model)
    bias = next(item for item in wrong.graph.initializer if list(item.dims) == [6])
    values = numpy_helper.to_array(bias) + np.float32(1e-3)
    bias.CopyFrom(numpy_helper.from_array(values.astype(np.float32), bias.name))
    with pytest.raises(ExportError, match=r"output 'x_hat' differs from torch by 0\.000"):
        check(
            wrong,
            Call(model, "decode"),
            (Z,),
            (X_HAT,),
            gaussian_sampler((Z,)),
            np.random.default_rng(0),
        )


def test_a_wrongly_declared_shape_is_refused(model: DenseAutoencoder) -> None:
    square = Port("x_hat", ("n", 1, 2, 3), "ink", "output")
    with pytest.raises(ExportError, match=r"declared \[1, 1, 2, 3\], torch gives \[1, 6\]"):
        export(Call(model, "decode"), (Z,), (square,), gaussian_sampler((Z,)))


def test_a_graph_of_one_batch_size_is_refused(model: DenseAutoencoder) -> None:
    graph = export(Call(model, "decode"), (Z,), (X_HAT,), gaussian_sampler((Z,)))
    graph.model.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 2
    with pytest.raises(ExportError, match="onnxruntime refuses a batch of 1"):
        check(
            graph.model,
            Call(model, "decode"),
            (Z,),
            (X_HAT,),
            gaussian_sampler((Z,)),
            np.random.default_rng(0),
        )


def test_a_graph_takes_the_weights_of_another_training(model: DenseAutoencoder) -> None:
    round_to_half(model)
    other = DenseAutoencoder(6, (16, 8), 2)
    round_to_half(other)
    graph = export(Call(model, "decode"), (Z,), (X_HAT,), gaussian_sampler((Z,)))
    call = Call(other, "decode")
    taken = with_weights(graph, model.decoder, other.decoder, call, gaussian_sampler((Z,)))
    z = np.random.default_rng(0).standard_normal((5, 2)).astype(np.float32)
    with torch.no_grad():
        expected = [each.decode(torch.from_numpy(z)).numpy() for each in (model, other)]
    for each, x_hat in zip((graph, taken), expected, strict=True):
        session = inference_session(each.model.SerializeToString())
        assert np.abs(session.run(["x_hat"], {"z": z})[0] - x_hat).max() <= 1e-5
    assert np.abs(expected[0] - expected[1]).max() > 0.1
    sizes = [each.model.ByteSize() for each in (graph, taken)]
    assert sizes[0] == sizes[1]


def test_weights_that_are_not_in_the_graph_are_named(model: DenseAutoencoder) -> None:
    graph = export(Call(model, "decode"), (Z,), (X_HAT,), gaussian_sampler((Z,)))
    other, call = DenseAutoencoder(6, (16, 8), 2).decoder, Call(model, "decode")
    with pytest.raises(ExportError, match=r"no constant that is the weight 0\.weight, 0\.bias"):
        with_weights(graph, other, other, call, gaussian_sampler((Z,)))


def test_weights_exchanged_for_others_than_the_modules_are_refused(
    model: DenseAutoencoder,
) -> None:
    other = DenseAutoencoder(6, (16, 8), 2)
    graph = export(Call(model, "decode"), (Z,), (X_HAT,), gaussian_sampler((Z,)))
    with pytest.raises(ExportError, match="differs from torch"):
        with_weights(
            graph, model.decoder, other.decoder, Call(model, "decode"), gaussian_sampler((Z,))
        )


def test_nan_is_refused(model: DenseAutoencoder) -> None:
    with torch.no_grad():
        next(model.decoder.parameters()).fill_(float("nan"))
    with pytest.raises(ExportError, match="differs from torch by nan"):
        export(Call(model, "decode"), (Z,), (X_HAT,), gaussian_sampler((Z,)))


def test_half_precision_is_used_only_where_nothing_is_lost(model: DenseAutoencoder) -> None:
    full = export(Call(model, "decode"), (Z,), (X_HAT,), gaussian_sampler((Z,)))
    assert all(item.data_type != onnx.TensorProto.FLOAT16 for item in full.model.graph.initializer)
    round_to_half(model)
    half = export(Call(model, "decode"), (Z,), (X_HAT,), gaussian_sampler((Z,)))
    large = [
        item
        for item in half.model.graph.initializer
        if np.prod(item.dims) >= module.HALF_MINIMUM_SIZE
    ]
    assert large
    assert all(item.data_type == onnx.TensorProto.FLOAT16 for item in large)
    assert half.model.ByteSize() < full.model.ByteSize()


def test_numbers_too_large_for_half_precision_stay() -> None:
    values = np.full(64, 1e6, np.float32)
    graph = onnx.helper.make_graph(
        [], "constants", [], [], [numpy_helper.from_array(values, "large")]
    )
    shrunk = shrink_to_half(onnx.helper.make_model(graph))
    assert shrunk.graph.initializer[0].data_type == onnx.TensorProto.FLOAT


class Turned(torch.nn.Module):
    """Of an operator that is made of others."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.T


class Doubled(torch.nn.Module):
    """Works on its own copy, in place."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.clone().mul_(2)


@pytest.mark.parametrize(
    ("network", "shape", "traced_again"),
    [
        (torch.nn.Linear(2, 3), (3, 2), 0),
        (torch.nn.ConvTranspose1d(2, 1, 2), (3, 2, 4), 1),  # ONNX has a convolution for it
        (Turned(), (3, 2), 1),
        (Doubled(), (3, 2), 1),
    ],
)
def test_a_program_is_traced_again_only_if_operators_are_to_be_replaced(
    network: torch.nn.Module,
    shape: tuple[int, ...],
    traced_again: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls = []
    decompose = torch.export.ExportedProgram.run_decompositions

    def counted(*arguments: object, **options: object) -> torch.export.ExportedProgram:
        calls.append(arguments)
        return decompose(*arguments, **options)

    monkeypatch.setattr(torch.export.ExportedProgram, "run_decompositions", counted)
    example = torch.rand(shape)
    graph = module.exported(network.eval(), (example,), ["x"], ["y"])
    (y,) = module.inference_session(graph.SerializeToString()).run(["y"], {"x": example.numpy()})
    assert len(calls) == traced_again
    assert np.allclose(y, network(example).detach().numpy(), atol=1e-6)


class Added(torch.nn.Module):
    """Names the number of its rows: by a shape, by a mean, and inside of a constant."""

    def __init__(self, way: str) -> None:
        super().__init__()
        self.way = way

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        rows = x.shape[0]
        if self.way == "shape":
            return x.reshape(rows, 3, 2).transpose(1, 2).reshape(rows, 6)
        if self.way == "mean":
            return x + x.sum(0) / rows
        return x + torch.ones(rows, 6)


@pytest.mark.parametrize(
    ("network", "traced"),
    [(torch.nn.Linear(6, 6), 1), (Added("shape"), 2), (Added("mean"), 2), (Added("constant"), 2)],
)
def test_a_graph_that_depends_on_the_batch_it_was_traced_with_is_traced_again(
    network: torch.nn.Module, traced: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    axes = []
    exported = module.exported

    def counted(*arguments: Any) -> onnx.ModelProto:
        axes.append(arguments[4:])
        return exported(*arguments)

    monkeypatch.setattr(module, "exported", counted)
    graph = export(network, (X,), (X_HAT,), uniform_sampler((X,)))
    assert len(axes) == traced
    for value in (*graph.model.graph.input, *graph.model.graph.output):
        assert value.type.tensor_type.shape.dim[0].dim_param
