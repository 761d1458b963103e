"""Networks of several layers."""

from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from parity.data import amount, three, two, zipmap

LAYERS = {"hidden_layer_sizes": (8,), "max_iter": 2000, "random_state": 0}


def add_to(add):
    add("network", "mlp-classifier", MLPClassifier(**LAYERS), three, **zipmap)
    add("network", "mlp-regressor", MLPRegressor(**LAYERS), amount)
    add("network", "mlp-two-classes", make_pipeline(StandardScaler(), MLPClassifier(**LAYERS)), two, **zipmap)
    tanh = MLPRegressor(**LAYERS, activation="tanh")
    add("network", "mlp-tanh", tanh, amount, called="MLPRegressor(activation='tanh')")
