"""Makes the first axis of every output the rows, which is what servers rely on."""

import numpy as np
from onnx import helper, numpy_helper

from export.refusal import Refusal
from export.runtime import Session

# Rows that are computed in one run, and one row more in another.
FEW_ROWS = 4


def mend_outputs(model, inputs):
    """Turns outputs whose rows stand on another axis, and makes tensors of sequences. Changes the model.

    Raises a Refusal where an output does not follow the rows.
    """
    few = [first_rows(inputs, count) for count in (FEW_ROWS, FEW_ROWS + 1)]
    join_sequences(model, Session(model.SerializeToString()).run(few[0]))
    session = Session(model.SerializeToString())
    shapes = [[value.shape for value in session.run(rows)] for rows in few]
    for output, short, long in zip(list(model.graph.output), *shapes, strict=True):
        axis = row_axis(output.name, short, long)
        if len(short) == 2 and axis == 1 and short[0] == 1:
            replace_output(model, output, "Reshape", {}, np.array([-1]))
        elif axis > 0:
            replace_output(model, output, "Transpose", {"perm": [axis, *(i for i in range(len(short)) if i != axis)]})
    declare_shapes(model, Session(model.SerializeToString()).run(few[0]))


def first_rows(inputs, count):
    """So many rows of each input; the first ones again where there are fewer."""
    return {name: values[np.arange(count) % len(values)] for name, values in inputs.items()}


def row_axis(name, short, long):
    """The axis of an output that grows with the rows, by its shapes for a few rows and for one more."""
    grown = [axis for axis, pair in enumerate(zip(short, long, strict=False)) if pair[0] != pair[1]]
    if len(short) == len(long) and len(grown) == 1 and short[grown[0]] == FEW_ROWS and long[grown[0]] == FEW_ROWS + 1:
        return grown[0]
    shapes = f"{list(short)} for {FEW_ROWS} rows, {list(long)} for {FEW_ROWS + 1}"
    raise Refusal(
        f"the converter is at fault: its output {name} has the shape {shapes}, and no axis of it is the rows. "
        "Try another estimator for the last step, or a newer skl2onnx"
    )


def join_sequences(model, values):
    """Several classifiers put their probabilities in a sequence. It becomes one tensor where all have as many columns."""
    makers = {node.output[0]: node for node in model.graph.node}
    for output, value in zip(list(model.graph.output), values, strict=True):
        if not isinstance(value, list):
            continue
        maker = makers.get(output.name)
        is_even = all(isinstance(part, np.ndarray) and part.shape == value[0].shape for part in value)
        position = list(model.graph.output).index(output)
        del model.graph.output[position]
        if maker is None or maker.op_type != "SequenceConstruct":
            continue
        model.graph.node.remove(maker)
        if not is_even:
            continue
        parts = [f"{output.name}_{index}" for index in range(len(value))]
        axis = constant(model, f"{output.name}_axis", np.array([1]))
        lifted = [helper.make_node("Unsqueeze", [a, axis], [b]) for a, b in zip(maker.input, parts, strict=True)]
        joined = helper.make_node("Concat", parts, [output.name], axis=1)
        model.graph.node.extend([*lifted, joined])
        kind = helper.np_dtype_to_tensor_dtype(value[0].dtype)
        model.graph.output.insert(position, helper.make_tensor_value_info(output.name, kind, None))


def replace_output(model, output, operator, attributes, *constants):
    """Puts a node behind an output, which keeps its name."""
    inner = f"{output.name}_turned"
    for node in model.graph.node:
        node.input[:] = [inner if name == output.name else name for name in node.input]
        node.output[:] = [inner if name == output.name else name for name in node.output]
    more = [constant(model, f"{inner}_{index}", value) for index, value in enumerate(constants)]
    model.graph.node.append(helper.make_node(operator, [inner, *more], [output.name], **attributes))


def constant(model, name, value):
    model.graph.initializer.append(numpy_helper.from_array(value.astype(np.int64), name))
    return name


def declare_shapes(model, values):
    """Converters may declare fewer columns, or rows, than come out. This declares what does."""
    for output, value in zip(model.graph.output, values, strict=True):
        kind = output.type.tensor_type.elem_type
        output.CopyFrom(helper.make_tensor_value_info(output.name, kind, [None, *value.shape[1:]]))
