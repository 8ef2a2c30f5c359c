"""Rewrites that leave the numbers as they are, to rounding: several operators become one kernel.

Each takes a graph and changes it in place. New operators: `Silu` (its second output, where it has
one, is the sigmoid), `SiluGradient`, `SigmoidGradient`, `SoftplusAndSigmoid`, `CrossEntropy`,
`SquaredError`, `IndexedGemv` and `Adam`.
"""

from __future__ import annotations

import numpy as np

from builder.plan.graph import FLOAT, Constant, Graph, Node

VIEWS = frozenset({"Reshape", "Squeeze", "Unsqueeze", "Flatten", "Identity"})
"""Operators that give the same numbers another shape."""

SATURATED = 20.0
"""Above it log(1 + exp x) is x in float32, and its derivative 1."""

ACTIVATIONS = {"Sigmoid": "sigmoid", "Silu": "silu", "Relu": "relu", "Tanh": "tanh"}
"""What matrix products and convolutions apply to their results on the way out."""

ARITHMETIC = frozenset({"Add", "Sub", "Mul", "Div"})

PRODUCTS = frozenset({"Gemm", "IndexedGemv", "Conv", "ConvTranspose"})

NARROW = 4
"""A transposed constant with fewer rows than this is multiplied as it is, row by row."""


def simplify(graph: Graph) -> None:
    """All rewrites, in their order: some make work for later ones."""
    for rewrite in (
        known_sizes,
        powers,
        saturated_softplus,
        silus,
        silu_gradients,
        softplus_with_sigmoid,
        scalar_factors,
        scaled_differences,
        sigmoid_gradients,
        cross_entropies,
        sums_of_squares,
        squared_errors,
        matrix_products,
        chosen_networks,
        biases,
        activations,
        transposed_constants,
        adam,
    ):
        rewrite(graph)
        _forget_unused(graph)


def known_sizes(graph: Graph) -> None:
    """The sizes of all values are numbers by now: what computes them from an input's goes.

    And a number is not repeated for arithmetic that repeats it anyway.
    """
    single: dict[str, str] = {}
    for node in graph.nodes:
        node.inputs = [single.get(name, name) for name in node.inputs]
        if node.op != "Expand":
            continue
        (out,), source = node.outputs, node.inputs[0]
        node.inputs = [source]
        repeated = all(_repeats(graph, user, out) for user in graph.users(out))
        if graph.scalar(source) is not None and out not in graph.results and repeated:
            single[out] = source


def _repeats(graph: Graph, user: Node, name: str) -> bool:
    """Whether a value could be one number for the node that reads it, which needs no more than its
    values, or the sizes that it was repeated to."""
    if user.op == "Shape":
        return True
    others = [other for other in user.inputs if other != name]
    return user.op in ARITHMETIC and any(
        graph.shape(other) == graph.shape(name) for other in others
    )


def powers(graph: Graph) -> None:
    """x² is x·x, x¹ is x."""
    renamed: dict[str, str] = {}
    kept = []
    for node in graph.nodes:
        node.inputs = [renamed.get(name, name) for name in node.inputs]
        exponent = graph.scalar(node.inputs[1]) if node.op == "Pow" else None
        if exponent == 1 and node.outputs[0] not in graph.results:
            renamed[node.outputs[0]] = node.inputs[0]
            continue
        if exponent == 2:
            node.op, node.inputs, node.attributes = "Mul", [node.inputs[0]] * 2, {}
        kept.append(node)
    graph.nodes = kept


def saturated_softplus(graph: Graph) -> None:
    """PyTorch's softplus and its derivative choose by x > 20; in float32 the choice is no other.

    where(x > t, x, softplus x) → softplus x, and where(x > t, c, c·eˣ / (eˣ + 1)) → c·sigmoid x.
    """
    for node in list(graph.nodes):
        if node.op != "Where":
            continue
        x = _saturated(graph, node.inputs[0])
        if x is None:
            continue
        other = graph.producer(node.inputs[2])
        if node.inputs[1] == x and other and other.op == "Softplus" and other.inputs == [x]:
            node.op, node.inputs = "Softplus", [x]
            continue
        factor = _sigmoid_factor(graph, other, x)
        if factor is not None and factor == node.inputs[1]:
            name = _fresh(graph, f"{node.outputs[0]}.sigmoid", x)
            graph.nodes.insert(graph.nodes.index(node), Node("Sigmoid", [x], [name]))
            node.op, node.inputs = "Mul", [factor, name]


def _saturated(graph: Graph, condition: str) -> str | None:
    """x, if the condition is x > a number of at least 20."""
    greater = graph.producer(condition)
    if greater is None or greater.op != "Greater":
        return None
    threshold = graph.scalar(greater.inputs[1])
    return greater.inputs[0] if threshold is not None and threshold >= SATURATED else None


def _sigmoid_factor(graph: Graph, node: Node | None, x: str) -> str | None:
    """c, if the node makes c·eˣ / (eˣ + 1)."""
    if node is None or node.op != "Div":
        return None
    above, below = (graph.producer(name) for name in node.inputs)
    if above is None or below is None or (above.op, below.op) != ("Mul", "Add"):
        return None
    power = graph.producer(below.inputs[0])
    if power is None or power.op != "Exp" or power.inputs != [x]:
        return None
    if graph.scalar(below.inputs[1]) != 1 or power.outputs[0] not in above.inputs:
        return None
    return next((name for name in above.inputs if name != power.outputs[0]), None)


def silus(graph: Graph) -> None:
    """x·sigmoid x; where the sigmoid is needed besides, the node gives both."""
    for node in list(graph.nodes):
        if node.op != "Mul":
            continue
        for x, other in (node.inputs, reversed(node.inputs)):
            sigmoid = graph.producer(other)
            if sigmoid and sigmoid.op == "Sigmoid" and sigmoid.inputs == [x]:
                alone = graph.only_user(other) is node
                node.op, node.inputs = "Silu", [x]
                node.outputs += [] if alone else [other]
                graph.nodes.remove(sigmoid)
                _hasten(graph, node)
                break


def _hasten(graph: Graph, node: Node) -> None:
    """Puts a node right behind what makes its inputs: its values are there for all others."""
    graph.nodes = [other for other in graph.nodes if other is not node]
    made = [graph.nodes.index(each) for each in map(graph.producer, node.inputs) if each]
    graph.nodes.insert(max(made, default=-1) + 1, node)


def silu_gradients(graph: Graph) -> None:
    """(dy·s)·(x·(1 − s) + 1), with x and s of a Silu that gives both."""
    for node in list(graph.nodes):
        if node.op != "Mul":
            continue
        for first, second in (node.inputs, reversed(node.inputs)):
            found = _silu_gradient(graph, first, second)
            if found:
                node.op, node.inputs = "SiluGradient", list(found)
                break


def _silu_gradient(graph: Graph, scaled: str, slope: str) -> tuple[str, str, str] | None:
    """x, s and dy, if `scaled` is dy·s and `slope` is x·(1 − s) + 1."""
    product, total = graph.producer(scaled), graph.producer(slope)
    if product is None or total is None or (product.op, total.op) != ("Mul", "Add"):
        return None
    inner = graph.producer(total.inputs[0])
    if inner is None or inner.op != "Mul" or graph.scalar(total.inputs[1]) != 1:
        return None
    x, rest = inner.inputs
    difference = graph.producer(rest)
    if difference is None or difference.op != "Sub" or graph.scalar(difference.inputs[0]) != 1:
        return None
    sigmoid = difference.inputs[1]
    silu = graph.producer(sigmoid)
    if silu is None or silu.op != "Silu" or silu.inputs != [x] or silu.outputs[1:] != [sigmoid]:
        return None
    if sigmoid not in product.inputs:
        return None
    gradient = next((name for name in product.inputs if name != sigmoid), None)
    if gradient is None or graph.shape(gradient) != graph.shape(x):
        return None
    return x, sigmoid, gradient


def softplus_with_sigmoid(graph: Graph) -> None:
    """A softplus and a sigmoid of the same numbers need one exponential."""
    for node in list(graph.nodes):
        if node.op != "Softplus":
            continue
        users = graph.users(node.inputs[0])
        sigmoid = next((user for user in users if user.op == "Sigmoid"), None)
        if sigmoid:
            graph.nodes.remove(sigmoid)
            node.op, node.outputs = "SoftplusAndSigmoid", [node.outputs[0], sigmoid.outputs[0]]
            _hasten(graph, node)


def scalar_factors(graph: Graph) -> None:
    """(x·a)·b for constants a and b is x·(a·b)."""
    for node in list(graph.nodes):
        outer = _scaled(graph, node)
        inner = graph.producer(outer[0]) if outer else None
        factors = _scaled(graph, inner) if inner and graph.only_user(inner.outputs[0]) else None
        if outer and factors:
            product = np.float32(outer[1]) * np.float32(factors[1])
            name = _constant(graph, f"{node.outputs[0]}.factor", product)
            node.inputs = [factors[0], name]


def scaled_differences(graph: Graph) -> None:
    """a·c − b·c is (a − b)·c, for a constant c: what comes back from a loss."""
    for node in list(graph.nodes):
        if node.op != "Add":
            continue
        products = [graph.producer(name) for name in node.inputs]
        if any(each is None or graph.only_user(each.outputs[0]) is None for each in products):
            continue
        pairs = [_scaled(graph, each) for each in products if each is not None]
        if not all(pairs):
            continue
        (b, less), (a, more) = (pair for pair in pairs if pair is not None)
        if more != -less or graph.shape(a) != graph.shape(b):
            continue
        name = _fresh(graph, f"{node.outputs[0]}.difference", a)
        graph.nodes.insert(graph.nodes.index(node), Node("Sub", [a, b], [name]))
        factor = _constant(graph, f"{node.outputs[0]}.factor", np.float32(more))
        node.op, node.inputs, node.attributes = "Mul", [name, factor], {}


def sigmoid_gradients(graph: Graph) -> None:
    """(dy·c)·(s·(1 − s)), where c is one constant number or not there."""
    for node in list(graph.nodes):
        if node.op != "Mul":
            continue
        for gradient, slope in (node.inputs, reversed(node.inputs)):
            sigmoid = _sigmoid_of(graph, slope)
            if sigmoid is None or graph.shape(gradient) != graph.shape(sigmoid):
                continue
            scaled = _scaled(graph, graph.producer(gradient))
            node.op, node.inputs = "SigmoidGradient", [sigmoid, gradient]
            if scaled and graph.only_user(gradient):
                factor = _constant(graph, f"{node.outputs[0]}.factor", np.float32(scaled[1]))
                node.inputs = [sigmoid, scaled[0], factor]
            break


def _sigmoid_of(graph: Graph, name: str) -> str | None:
    """s, if the value is s·(1 − s)."""
    product = graph.producer(name)
    if product is None or product.op != "Mul" or graph.dtypes.get(name, FLOAT) != FLOAT:
        return None
    for sigmoid, rest in (product.inputs, reversed(product.inputs)):
        difference = _operands(graph, rest, "Sub")
        if difference and graph.scalar(difference[0]) == 1 and difference[1] == sigmoid:
            return sigmoid
    return None


def cross_entropies(graph: Graph) -> None:
    """Σ softplus z − x·z over the last axis, and (sigmoid z − x)·c, where it is wanted besides."""
    for node in list(graph.nodes):
        found = _cross_entropy(graph, node)
        if found is None:
            continue
        softplus, x, z = found
        inputs, outputs = [x, z], list(node.outputs)
        for sigmoid in softplus.outputs[1:]:
            difference = graph.only_user(sigmoid)
            assert difference is not None
            scaled = graph.only_user(difference.outputs[0])
            factor = _scaled(graph, scaled)
            if scaled and factor:
                inputs.append(_constant(graph, f"{node.outputs[0]}.factor", np.float32(factor[1])))
            outputs += scaled.outputs if scaled and factor else difference.outputs
        replaced = {node.outputs[0], *outputs}
        graph.nodes = [other for other in graph.nodes if replaced.isdisjoint(other.outputs)]
        _hasten(graph, Node("CrossEntropy", inputs, outputs))


def _cross_entropy(graph: Graph, node: Node) -> tuple[Node, str, str] | None:
    """What makes the softplus, x and z, if the node sums softplus z − x·z over the last axis and
    nothing else reads what it sums, nor the sigmoid but for sigmoid z − x."""
    if node.op != "ReduceSum" or not _over_last_axis(graph, node):
        return None
    difference = _operands(graph, node.inputs[0], "Sub")
    product = _operands(graph, difference[1], "Mul") if difference else None
    softplus = graph.producer(difference[0]) if difference else None
    if difference is None or product is None or softplus is None:
        return None
    if softplus.op not in {"Softplus", "SoftplusAndSigmoid"}:
        return None
    z = softplus.inputs[0]
    x = next((name for name in product if name != z), None)
    if x is None or z not in product or graph.shape(x) != graph.shape(z):
        return None
    if not all(graph.only_user(name) for name in (node.inputs[0], *difference)):
        return None
    for sigmoid in softplus.outputs[1:]:
        user = graph.only_user(sigmoid)
        if user is None or user.op != "Sub" or user.inputs != [sigmoid, x]:
            return None
    return softplus, x, z


def _over_last_axis(graph: Graph, node: Node) -> bool:
    axes = graph.constants.get(node.inputs[1]) if len(node.inputs) > 1 else None
    last = len(graph.shape(node.inputs[0])) - 1
    return axes is not None and [int(axis) % (last + 1) for axis in np.ravel(axes.values)] == [last]


def _scaled(graph: Graph, node: Node | None) -> tuple[str, float] | None:
    """x and the factor, if the node makes x times one constant number."""
    if node is None or node.op != "Mul":
        return None
    for x, other in (node.inputs, reversed(node.inputs)):
        factor = graph.scalar(other)
        if factor is not None and graph.shape(x) == graph.shape(node.outputs[0]):
            return x, factor
    return None


def sums_of_squares(graph: Graph) -> None:
    """A sum or a mean of x·x reads x alone."""
    for node in graph.nodes:
        if node.op not in {"ReduceSum", "ReduceMean"}:
            continue
        square = graph.producer(node.inputs[0])
        if (
            square
            and square.op == "Mul"
            and square.inputs[0] == square.inputs[1]
            and graph.only_user(node.inputs[0])
        ):
            node.inputs[0] = square.inputs[0]
            node.attributes["squared"] = 1


def squared_errors(graph: Graph) -> None:
    """Σ (x − y)² over the last axis, and (x − y)·c, where it is wanted besides."""
    for node in list(graph.nodes):
        if not node.attributes.get("squared") or not _over_last_axis(graph, node):
            continue
        difference = node.inputs[0]
        operands = _operands(graph, difference, "Sub")
        if operands is None or any(
            graph.shape(name) != graph.shape(difference) for name in operands
        ):
            continue
        others = [user for user in graph.users(difference) if user is not node]
        inputs, outputs = list(operands), list(node.outputs)
        scaled = _scaled(graph, others[0]) if len(others) == 1 else None
        if scaled and difference not in graph.results:
            inputs.append(_constant(graph, f"{node.outputs[0]}.factor", np.float32(scaled[1])))
            outputs += others[0].outputs
        elif others or difference in graph.results:
            outputs.append(difference)
        replaced = {difference, *outputs}
        graph.nodes = [other for other in graph.nodes if replaced.isdisjoint(other.outputs)]
        mean = int(node.op == "ReduceMean")
        _hasten(graph, Node("SquaredError", inputs, outputs, {"mean": mean}))


def _constant(graph: Graph, name: str, value: np.float32) -> str:
    """A new constant of one number."""
    graph.constants[name] = Constant(np.array(value, np.float32))
    graph.shapes[name], graph.dtypes[name] = (), FLOAT
    return name


def matrix_products(graph: Graph) -> None:
    """Products of two matrices as Gemm, which takes its factors transposed as well."""
    transposed = {
        node.outputs[0]: node.inputs[0]
        for node in graph.nodes
        if node.op == "Transpose" and list(node.attributes["perm"]) == [1, 0]
    }
    twice = {name: transposed[of] for name, of in transposed.items() if of in transposed}
    for node in graph.nodes:
        node.inputs = [twice.get(name, name) for name in node.inputs]
        matrices = [name for name in node.inputs[:2] if len(graph.shape(name)) == 2]
        if node.op not in {"MatMul", "Gemm"} or len(matrices) < 2:
            continue
        node.op = "Gemm"
        for place, key in enumerate(("transA", "transB")):
            name = node.inputs[place]
            flag = node.attributes.get(key, 0)
            if name in transposed and not flag:
                node.inputs[place], flag = transposed[name], 1
            node.attributes[key] = flag


def chosen_networks(graph: Graph) -> None:
    """W[index] x for matrices W of many networks: each row of x meets the matrix of its index."""
    for node in list(graph.nodes):
        if node.op != "MatMul" or len(graph.shape(node.outputs[0])) != 3:
            continue
        matrices, columns = graph.producer(node.inputs[0]), node.inputs[1]
        if matrices is None or not _chooses(graph, matrices) or graph.shape(columns)[2] != 1:
            continue
        node.op, node.inputs, node.attributes = "IndexedGemv", [*matrices.inputs, columns], {}


def _chooses(graph: Graph, node: Node) -> bool:
    """Whether the node gathers whole members of a constant."""
    return (
        node.op == "Gather"
        and node.attributes.get("axis", 0) == 0
        and node.inputs[0] in graph.constants
        and node.inputs[1] not in graph.constants
    )


def biases(graph: Graph) -> None:
    """A constant that is added to each row of a product, or to each by its index."""
    for node in list(graph.nodes):
        if node.op != "Add":
            continue
        for name, other in (node.inputs, reversed(node.inputs)):
            product = _behind_views(graph, name)
            bias = _bias_of(graph, product, other) if product else None
            if product and bias:
                product.inputs.append(bias)
                node.op, node.inputs, node.attributes = "Identity", [name], {}
                break


def _bias_of(graph: Graph, product: Node, name: str) -> str | None:
    """The constant that a value stands for, if the product can take it as its bias."""
    if product.op == "Gemm" and len(product.inputs) == 2:
        columns = graph.shape(product.outputs[0])[1:]
        return name if name in graph.constants and graph.shape(name) == columns else None
    if product.op == "IndexedGemv" and len(product.inputs) == 3:
        chosen = _through_views(graph, name)
        if chosen and _chooses(graph, chosen) and chosen.inputs[1] == product.inputs[1]:
            return chosen.inputs[0]
    return None


def _behind_views(graph: Graph, name: str) -> Node | None:
    """What makes a value, views aside, if nothing else uses it on the way."""
    while True:
        node = graph.producer(name)
        if node is None or len(graph.users(name)) != 1 or name in graph.results:
            return None
        if node.op not in VIEWS:
            return node
        name = node.inputs[0]


def _through_views(graph: Graph, name: str) -> Node | None:
    """What makes a value, views aside."""
    node = graph.producer(name)
    while node is not None and node.op in VIEWS:
        node = graph.producer(node.inputs[0])
    return node


def activations(graph: Graph) -> None:
    """A function of a product's results, applied before they leave."""
    for node in list(graph.nodes):
        if node.op not in ACTIVATIONS or len(node.outputs) > 1:
            continue
        product = _behind_views(graph, node.inputs[0])
        if product and product.op in PRODUCTS and "activation" not in product.attributes:
            product.attributes["activation"] = ACTIVATIONS[node.op]
            node.op, node.attributes = "Identity", {}


def transposed_constants(graph: Graph) -> None:
    """Constant factors are laid out once as tiles of results want them."""
    for node in graph.nodes:
        if node.op != "Gemm" or not node.attributes.get("transB"):
            continue
        constant = graph.constants.get(node.inputs[1])
        if constant is None or graph.only_user(node.inputs[1]) is None:
            continue
        if constant.values.shape[0] < NARROW:
            continue
        values = np.ascontiguousarray(constant.values.T)
        graph.constants[node.inputs[1]] = Constant(values, constant.half)
        graph.shapes[node.inputs[1]] = values.shape
        node.attributes["transB"] = 0


def adam(graph: Graph) -> None:
    """A step of Adam on flat parameters, as `torch.optim.Adam` writes it.

    m' = m + (g − m)·a; v' = v·b + g·g·c; p' = p − s·(m' / (√v' / q + ε)), where m, v and p are
    states of the loop and nothing else reads the new ones.
    """
    if graph.loop is None:
        return
    states = dict(graph.loop.states)
    for parameters, updated in states.items():
        match = _adam_step(graph, states, parameters, updated)
        if match is None:
            continue
        node, replaced = match
        graph.nodes = [other for other in graph.nodes if other not in replaced]
        graph.nodes.append(node)  # in place: whoever reads the old state comes before
        return


def _adam_step(
    graph: Graph, states: dict[str, str], parameters: str, updated: str
) -> tuple[Node, list[Node]] | None:
    """The one node, and those that it stands for."""
    step = _operands(graph, updated, "Sub")
    if step is None or step[0] != parameters:
        return None
    scaled = _operands(graph, step[1], "Mul")
    direction = _operands(graph, scaled[1], "Div") if scaled else None
    below = _operands(graph, direction[1], "Add") if direction else None
    root = _operands(graph, below[0], "Div") if below else None
    variance = _operands(graph, root[0], "Sqrt") if root else None
    if not (scaled and direction and below and root and variance):
        return None
    new_momentum, new_variance = direction[0], variance[0]
    momentum_sum = _operands(graph, new_momentum, "Add")
    variance_sum = _operands(graph, new_variance, "Add")
    if not (momentum_sum and variance_sum):
        return None
    momentum = momentum_sum[0]
    change = _operands(graph, momentum_sum[1], "Mul")
    difference = _operands(graph, change[0], "Sub") if change else None
    kept = _operands(graph, variance_sum[0], "Mul")
    fresh = _operands(graph, variance_sum[1], "Mul")
    square = _operands(graph, fresh[0], "Mul") if fresh else None
    if not (change and difference and kept and fresh and square):
        return None
    gradient, old_variance = difference[0], kept[0]
    if difference[1] != momentum or square != [gradient, gradient]:
        return None
    if states.get(momentum) != new_momentum or states.get(old_variance) != new_variance:
        return None
    size = graph.shape(parameters)
    rates = [change[1], kept[1], fresh[1], root[1], below[1], scaled[0]]
    if any(graph.shape(name) != size for name in (gradient, momentum, old_variance)):
        return None
    if any(graph.size(name) != 1 or graph.dtypes.get(name, FLOAT) != FLOAT for name in rates):
        return None
    inside = [
        step[1], scaled[1], direction[1], below[0], root[0], momentum_sum[1],
        change[0], *variance_sum, fresh[0],
    ]  # fmt: skip
    outs = [updated, new_momentum, new_variance]
    nodes = [node for node in map(graph.producer, [*inside, *outs]) if node is not None]
    readers = [user for name in [*inside, *outs] for user in graph.users(name)]
    if any(user not in nodes for user in readers):
        return None
    inputs = [gradient, momentum, old_variance, parameters, *rates]
    return Node("Adam", inputs, [new_momentum, new_variance, updated]), nodes


def _operands(graph: Graph, name: str, op: str) -> list[str] | None:
    """What an operator of that kind makes the value from."""
    node = graph.producer(name)
    return node.inputs if node and node.op == op else None


def _fresh(graph: Graph, name: str, like: str) -> str:
    """A new value with the shape and the type of another."""
    graph.shapes[name] = graph.shape(like)
    graph.dtypes[name] = graph.dtypes[like]
    return name


def _forget_unused(graph: Graph) -> None:
    """Drops nodes whose values nothing needs, and constants that nothing reads."""
    needed = set(graph.results)
    kept = []
    for node in reversed(graph.nodes):
        if needed.intersection(node.outputs):
            kept.append(node)
            needed.update(node.inputs)
    graph.nodes = kept[::-1]
    graph.constants = {name: each for name, each in graph.constants.items() if name in needed}
