"""Computes a model with ONNX Runtime as the server does: on one thread, in silence."""

from dataclasses import dataclass

import onnxruntime


@dataclass
class Port:
    """An input or output of a model: its name, and its type such as "tensor(float)"."""

    name: str
    type: str


class Session:
    def __init__(self, content):
        options = onnxruntime.SessionOptions()
        options.log_severity_level, options.intra_op_num_threads = 4, 1
        self._session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        self.inputs = [Port(port.name, port.type) for port in self._session.get_inputs()]
        self.outputs = [Port(port.name, port.type) for port in self._session.get_outputs()]

    def run(self, inputs):
        """The values of all outputs, in their order; a sequence is a list."""
        return self._session.run(None, inputs)
