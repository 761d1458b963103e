"""Makes the small models under test/fixtures/models/, each for one behaviour that a test needs.

    pip install -r tools/requirements.txt
    python tools/make_test_models.py
"""

from pathlib import Path

import numpy as np
from onnx import TensorProto as T
from onnx import checker, helper, numpy_helper, save

OUT = Path(__file__).resolve().parent.parent / "test/fixtures/models"
OUT.mkdir(parents=True, exist_ok=True)
value = helper.make_tensor_value_info


def constant(name, array):
    return numpy_helper.from_array(np.asarray(array), name)


def write(name, nodes, inputs, outputs, initializers=()):
    graph = helper.make_graph(nodes, name, inputs, outputs, list(initializers))
    model = helper.make_model(
        graph,
        producer_name="onnx-serve",
        ir_version=8,
        opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)],
    )
    checker.check_model(model)
    save(model, OUT / f"{name}.onnx")
    print(f"{name}.onnx {(OUT / f'{name}.onnx').stat().st_size} bytes")


# A regressor as exporters write it: two features in, one number a row out (2a + 3b + 1).
write(
    "regressor",
    [helper.make_node("Gemm", ["X", "weight", "bias"], ["variable"])],
    [value("X", T.FLOAT, [None, 2])],
    [value("variable", T.FLOAT, [None, 1])],
    [constant("weight", np.array([[2], [3]], np.float32)), constant("bias", np.array([1], np.float32))],
)

# A classifier with integer labels 10, 20, 30 and no names for its classes.
write(
    "int-labels",
    [
        helper.make_node(
            "LinearClassifier",
            ["X"],
            ["label", "probabilities"],
            domain="ai.onnx.ml",
            coefficients=[1.0, 0.0, 0.0, 1.0, -1.0, -1.0],
            intercepts=[0.0, 0.0, 0.5],
            classlabels_ints=[10, 20, 30],
            post_transform="SOFTMAX",
        )
    ],
    [value("X", T.FLOAT, [None, 2])],
    [value("label", T.INT64, [None]), value("probabilities", T.FLOAT, [None, 3])],
)

# A classifier that answers the values of its decision function, which are no probabilities.
write(
    "scores",
    [
        helper.make_node(
            "LinearClassifier",
            ["X"],
            ["label", "decision"],
            domain="ai.onnx.ml",
            coefficients=[1.0, 0.0, 0.0, 1.0, -1.0, -1.0],
            intercepts=[3.0, -2.0, 0.5],
            classlabels_ints=[0, 1, 2],
        )
    ],
    [value("X", T.FLOAT, [None, 2])],
    [value("label", T.INT64, [None]), value("decision", T.FLOAT, [None, 3])],
)

# One input and one output of every type that can cross the wire, each returned as it came.
TYPES = {
    "float32": T.FLOAT, "float64": T.DOUBLE, "float16": T.FLOAT16, "bool": T.BOOL, "string": T.STRING,
    "int8": T.INT8, "int16": T.INT16, "int32": T.INT32, "int64": T.INT64,
    "uint8": T.UINT8, "uint16": T.UINT16, "uint32": T.UINT32, "uint64": T.UINT64,
}  # fmt: skip
write(
    "every-type",
    [helper.make_node("Identity", [f"{t}_in"], [f"{t}_out"]) for t in TYPES],
    [value(f"{t}_in", e, [None, 2]) for t, e in TYPES.items()],
    [value(f"{t}_out", e, [None, 2]) for t, e in TYPES.items()],
)

# One input per column, of different types: a DataFrame-style signature.
write(
    "columns",
    [helper.make_node("Identity", [c], [f"{c}_out"]) for c in ("age", "name", "member", "visits")],
    [
        value("age", T.FLOAT, [None, 1]),
        value("name", T.STRING, [None, 1]),
        value("member", T.BOOL, [None, 1]),
        value("visits", T.INT64, [None, 1]),
    ],
    [
        value("age_out", T.FLOAT, [None, 1]),
        value("name_out", T.STRING, [None, 1]),
        value("member_out", T.BOOL, [None, 1]),
        value("visits_out", T.INT64, [None, 1]),
    ],
)

# An image-like input of fixed inner shape; the answer is one object of two outputs a row.
write(
    "image",
    [
        helper.make_node("ReduceMean", ["image"], ["mean"], axes=[1, 2, 3], keepdims=0),
        helper.make_node("Flatten", ["image"], ["pixels"]),
    ],
    [value("image", T.FLOAT, ["batch", 1, 2, 2])],
    [value("mean", T.FLOAT, ["batch"]), value("pixels", T.FLOAT, ["batch", 4])],
)

# Looks a row up in a table of three: an index outside it fails while computing.
write(
    "lookup",
    [helper.make_node("Gather", ["table", "index"], ["row"])],
    [value("index", T.INT64, [None, 1])],
    [value("row", T.FLOAT, [None, 1])],
    [constant("table", np.array([0.5, 1.5, 2.5], np.float32))],
)

# Computes for as long as it is asked to: `iterations` times a 192 x 192 matrix product, one millisecond or so each.
body = helper.make_graph(
    [
        helper.make_node("MatMul", ["state", "matrix"], ["next"]),
        helper.make_node("Identity", ["keep_in"], ["keep_out"]),
    ],
    "body",
    [value("i", T.INT64, []), value("keep_in", T.BOOL, []), value("state", T.FLOAT, [192, 192])],
    [value("keep_out", T.BOOL, []), value("next", T.FLOAT, [192, 192])],
)
write(
    "slow",
    [
        helper.make_node("ConstantOfShape", ["square"], ["blank"]),
        helper.make_node("EyeLike", ["blank"], ["matrix"]),
        helper.make_node("ReduceMax", ["iterations"], ["count"], keepdims=0),
        helper.make_node("Loop", ["count", "", "matrix"], ["final"], body=body),
        helper.make_node("ReduceSum", ["final"], ["total"], keepdims=0),
        helper.make_node("Mul", ["total", "zero"], ["nothing"]),
        helper.make_node("Cast", ["iterations"], ["as_float"], to=T.FLOAT),
        helper.make_node("Add", ["as_float", "nothing"], ["done"]),
    ],
    [value("iterations", T.INT64, [None, 1])],
    [value("done", T.FLOAT, [None, 1])],
    [constant("square", np.array([192, 192], np.int64)), constant("zero", np.array(0, np.float32))],
)

# scikit-learn's default export in small: the probabilities leave as a sequence of maps, which is no tensor.
write(
    "zipmap",
    [
        helper.make_node(
            "LinearClassifier", ["X"], ["label", "scores"], domain="ai.onnx.ml",
            coefficients=[1.0, 0.0, 0.0, 1.0], intercepts=[0.0, 0.0], classlabels_ints=[0, 1],
        ),
        helper.make_node("ZipMap", ["scores"], ["output_probability"], domain="ai.onnx.ml", classlabels_int64s=[0, 1]),
    ],
    [value("X", T.FLOAT, [None, 2])],
    [
        value("label", T.INT64, [None]),
        helper.make_value_info(
            "output_probability",
            helper.make_sequence_type_proto(
                helper.make_map_type_proto(T.INT64, helper.make_tensor_type_proto(T.FLOAT, None))
            ),
        ),
    ],
)  # fmt: skip

# Several targets at once, as scikit-learn's MultiOutputClassifier: the probabilities are a sequence of tensors, no ZipMap.
write(
    "sequence",
    [
        helper.make_node("ArgMax", ["X"], ["label"], axis=1, keepdims=1),
        helper.make_node("SequenceConstruct", ["X", "X"], ["probabilities"]),
    ],
    [value("X", T.FLOAT, [None, 2])],
    [value("label", T.INT64, [None, 1]), helper.make_tensor_sequence_value_info("probabilities", T.FLOAT, None)],
)

# Text as exporters prepare it by default, in the locale en_US.UTF-8.
write(
    "upper",
    [helper.make_node("StringNormalizer", ["text"], ["upper"], case_change_action="UPPER", is_case_sensitive=0)],
    [value("text", T.STRING, [1])],
    [value("upper", T.STRING, [1])],
)

# A convolution of some two milliseconds behind an input of one number, so that a request costs no time to read.
write(
    "convolution",
    [
        helper.make_node("Reshape", ["seed", "to_pixel"], ["pixel"]),
        helper.make_node("Shape", ["pixel"], ["pixel_shape"]),
        helper.make_node("Mul", ["pixel_shape", "scale"], ["image_shape"]),
        helper.make_node("Expand", ["pixel", "image_shape"], ["image"]),
        helper.make_node("Conv", ["image", "kernels"], ["features"], kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
        helper.make_node("Conv", ["features", "more"], ["deeper"], kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
        helper.make_node("ReduceMean", ["deeper"], ["mean"], axes=[1, 2, 3], keepdims=0),
    ],
    [value("seed", T.FLOAT, [None, 1])],
    [value("mean", T.FLOAT, [None])],
    [
        constant("to_pixel", np.array([-1, 1, 1, 1], np.int64)),
        constant("scale", np.array([1, 3, 160, 160], np.int64)),
        constant("kernels", (np.arange(16 * 3 * 9, dtype=np.float32).reshape(16, 3, 3, 3) % 7 - 3) / 10),
        constant("more", (np.arange(16 * 16 * 9, dtype=np.float32).reshape(16, 16, 3, 3) % 5 - 2) / 10),
    ],
)

# Nothing to compute, for measuring what a protocol costs: a picture, and a row.
for name, shape in [("picture", [None, 3, 224, 224]), ("row", [None, 4])]:
    write(name, [helper.make_node("Identity", ["x"], ["y"])], [value("x", T.FLOAT, shape)], [value("y", T.FLOAT, shape)])

# A convolution over pictures of any size, for probes beside bodies of some size.
write(
    "planes",
    [
        helper.make_node("Conv", ["x", "kernels"], ["features"], kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
        helper.make_node("ReduceMean", ["features"], ["y"], axes=[2, 3], keepdims=0),
    ],
    [value("x", T.FLOAT, [None, 3, None, None])],
    [value("y", T.FLOAT, [None, 16])],
    [constant("kernels", (np.arange(16 * 3 * 9, dtype=np.float32).reshape(16, 3, 3, 3) % 7 - 3) / 10)],
)
