"""The collaborative filter as two ONNX graphs. The DataFrames become constants of the graph."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from original import DIGITS, UNKNOWN

OPSETS = [helper.make_opsetid("", 18), helper.make_opsetid("ai.onnx.ml", 3)]


def rating_graph(ratings, similarity):
    """user_id and movie_id [rows, 1] become rating and raters [rows, 1]."""
    nodes = [
        *find("user_id", "user"),
        *find("movie_id", "movie"),
        helper.make_node("Gather", ["weights", "user"], ["of_user"], axis=0),
        helper.make_node("Gather", ["by_movie", "movie"], ["of_movie"], axis=0),
        # Who has not rated the movie weighs nothing.
        helper.make_node("IsNaN", ["of_movie"], ["is_gap"]),
        helper.make_node("Where", ["is_gap", "zero", "of_user"], ["weight"]),
        helper.make_node("Where", ["is_gap", "zero", "of_movie"], ["known"]),
        helper.make_node("Mul", ["weight", "known"], ["weighted"]),
        helper.make_node("ReduceSum", ["weighted", "last"], ["sum"]),
        helper.make_node("ReduceSum", ["weight", "last"], ["total"]),
        *mean("sum", "total", "rating"),
        helper.make_node("Greater", ["weight", "zero"], ["counts"]),
        helper.make_node("Cast", ["counts"], ["ones"], to=TensorProto.DOUBLE),
        helper.make_node("ReduceSum", ["ones", "last"], ["raters"]),
    ]
    constants = {
        **keys_of("user", ratings.index),
        **keys_of("movie", ratings.columns),
        "weights": weights_of(ratings, similarity),
        "by_movie": with_unknown(ratings.to_numpy().T, np.nan),
    }
    inputs = [column("user_id", TensorProto.INT64), column("movie_id", TensorProto.INT64)]
    outputs = [column("rating", TensorProto.DOUBLE), column("raters", TensorProto.DOUBLE)]
    return to_model("recommender", nodes, constants, inputs, outputs)


def top_graph(ratings, similarity, count):
    """user_id [rows, 1] becomes movies and ratings [rows, count], the best first."""
    fewest = int(ratings.isna().sum(axis=1).min())
    if count > fewest:
        raise SystemExit(f"a user has {fewest} movies left that he has not rated: the graph cannot list {count}")
    nodes = [
        *find("user_id", "user"),
        helper.make_node("Gather", ["weights", "user"], ["of_user"], axis=0),
        helper.make_node("Gather", ["by_user", "user"], ["own"], axis=0),
        helper.make_node("MatMul", ["of_user", "known"], ["sums"]),
        helper.make_node("MatMul", ["of_user", "is_known"], ["totals"]),
        *mean("sums", "totals", "all_ratings"),
        # What the user has rated comes last.
        helper.make_node("IsNaN", ["own"], ["is_unseen"]),
        helper.make_node("Where", ["is_unseen", "all_ratings", "lowest"], ["candidates"]),
        helper.make_node("TopK", ["candidates", "count"], ["ratings", "positions"], axis=1, largest=1, sorted=1),
        helper.make_node("Gather", ["movie_ids", "positions"], ["movies"], axis=0),
    ]
    values = ratings.to_numpy()
    constants = {
        **keys_of("user", ratings.index),
        "weights": weights_of(ratings, similarity),
        "by_user": with_unknown(values, np.nan),
        "known": np.nan_to_num(values),
        "is_known": (~np.isnan(values)).astype(np.float64),
        "movie_ids": ratings.columns.to_numpy(np.int64),
        "count": np.array([count]),
        "lowest": np.array(-np.inf),
    }
    outputs = [helper.make_tensor_value_info("movies", TensorProto.INT64, ["rows", count]),
               helper.make_tensor_value_info("ratings", TensorProto.DOUBLE, ["rows", count])]  # fmt: skip
    return to_model("recommender-top", nodes, constants, [column("user_id", TensorProto.INT64)], outputs)


def find(source, target):
    """Looks up the position of each id. An unknown id gets the position behind the last."""
    return [("LabelEncoder", source, target), helper.make_node("Reshape", [f"{target}_position", "flat"], [target])]


def mean(total, weight, target):
    """The weighted mean, rounded, or UNKNOWN where no one counts."""
    return [
        helper.make_node("Greater", [weight, "zero"], [f"{target}_exists"]),
        # Both branches of Where are computed. So the divisor must not be 0.
        helper.make_node("Where", [f"{target}_exists", weight, "one"], [f"{target}_divisor"]),
        helper.make_node("Div", [total, f"{target}_divisor"], [f"{target}_mean"]),
        helper.make_node("Mul", [f"{target}_mean", "scale"], [f"{target}_scaled"]),
        helper.make_node("Round", [f"{target}_scaled"], [f"{target}_whole"]),
        helper.make_node("Div", [f"{target}_whole", "scale"], [f"{target}_rounded"]),
        helper.make_node("Where", [f"{target}_exists", f"{target}_rounded", "unknown"], [target]),
    ]


def weights_of(ratings, similarity):
    """The similarity [users + 1, users] where it is positive, and 0 for the user and for users that are unknown."""
    values = similarity.loc[ratings.index, ratings.index].to_numpy(copy=True)
    np.fill_diagonal(values, 0)
    return with_unknown(np.where(values > 0, values, 0), 0)


def with_unknown(values, fill):
    """One more row, which unknown ids get."""
    return np.vstack([values, np.full((1, values.shape[1]), fill)])


def keys_of(target, ids):
    return {f"{target}_keys": np.asarray(ids, np.int64)}


def column(name, kind):
    return helper.make_tensor_value_info(name, kind, ["rows", 1])


def to_model(name, nodes, constants, inputs, outputs):
    shared = {"flat": np.array([-1]), "last": np.array([1]), "zero": np.array(0.0), "one": np.array(1.0),
              "scale": np.array(10.0**DIGITS), "unknown": np.array(UNKNOWN)}  # fmt: skip
    keys = {key: constants.pop(key) for key in list(constants) if key.endswith("_keys")}
    nodes = [to_encoder(*node, keys) if isinstance(node, tuple) else node for node in nodes]
    used = {value for node in nodes for value in node.input}
    tensors = [numpy_helper.from_array(v, key) for key, v in (shared | constants).items() if key in used]
    graph = helper.make_graph(nodes, name, inputs, outputs, tensors)
    model = helper.make_model(graph, opset_imports=OPSETS, ir_version=9, producer_name="onnx-serve")
    onnx.checker.check_model(model, full_check=True)
    return model.SerializeToString()


def to_encoder(operator, source, target, keys):
    ids = keys[f"{target}_keys"]
    lists = {"keys_int64s": ids.tolist(), "values_int64s": list(range(len(ids))), "default_int64": len(ids)}
    return helper.make_node(operator, [source], [f"{target}_position"], domain="ai.onnx.ml", **lists)
