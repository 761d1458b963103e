"""Mends what the pinned converters, libraries and ONNX Runtime do not agree on. Importing this module is enough."""

import re

import numpy as np
from onnx import TensorProto, helper
from skl2onnx.common._apply_operation import apply_identity
from skl2onnx.common._registration import register_converter
from skl2onnx.common.data_types import DoubleTensorType
from skl2onnx.operator_converters.common import concatenate_variables
from skl2onnx.operator_converters.imputer_op import convert_sklearn_imputer

make_attribute = helper.make_attribute
ADDRESS = re.compile(r"_\d{10,}_")


def make_attribute_of_integers(key, value, *rest, **named):
    """HistGradientBoosting's converter writes booleans where protobuf 7 takes nothing but integers."""
    if isinstance(value, list) and any(isinstance(element, (bool, np.bool_)) for element in value):
        value = [int(element) for element in value]
    return make_attribute(key, value, *rest, **named)


helper.make_attribute = make_attribute_of_integers


def convert_imputer(scope, operator, container):
    """ONNX Runtime has no imputer for float64, so there one is made of two plain operators."""
    imputer, output = operator.raw_operator, operator.outputs[0].full_name
    if not isinstance(operator.inputs[0].type, DoubleTensorType) or not np.isnan(imputer.missing_values):
        return convert_sklearn_imputer(scope, operator, container)
    columns = concatenate_variables(scope, operator.inputs, container)
    columns = columns[0] if isinstance(columns, list) else columns
    fill, missing, filled = (scope.get_unique_variable_name(name) for name in ("fill", "missing", "filled"))
    statistics = imputer.statistics_.astype(np.float64)
    container.add_initializer(fill, TensorProto.DOUBLE, [1, len(statistics)], statistics.tolist())
    container.add_node("IsNaN", columns, missing, name=scope.get_unique_operator_name("IsNaN"))
    container.add_node("Where", [missing, fill, columns], filled, name=scope.get_unique_operator_name("Where"))
    apply_identity(scope, filled, output, container)


register_converter("SklearnSimpleImputer", convert_imputer, overwrite=True)


def make_repeatable(model, name):
    """Takes out what differs from run to run: random names, times and identifiers of a training, the order of a set."""
    model.graph.name = name
    drop_addresses(model.graph)
    del model.metadata_props[:]
    opsets = sorted(model.opset_import, key=lambda opset: opset.domain)
    copies = [helper.make_opsetid(opset.domain, opset.version) for opset in opsets]
    del model.opset_import[:]
    model.opset_import.extend(copies)


def drop_addresses(graph):
    """Some names that skl2onnx makes up within loops hold the address of a Python object."""
    for node in graph.node:
        for attribute in node.attribute:
            drop_addresses(attribute.g)
        if any(map(ADDRESS.search, node.output)) or any(map(ADDRESS.search, node.input)):
            node.name = without_address(node.name)
            node.input[:] = map(without_address, node.input)
            node.output[:] = map(without_address, node.output)
    for value in (*graph.initializer, *graph.output):
        if ADDRESS.search(value.name):
            value.name = without_address(value.name)


def without_address(name):
    return ADDRESS.sub("_", name)
