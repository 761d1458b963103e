"""Trains the default model and exports it, with scikit-learn's own answers as a test fixture.

    pip install -r tools/requirements.txt
    python tools/train_iris.py

Writes models/iris/1/model.onnx and test/fixtures/iris-predictions.json (all 150 rows).
Refuses to write when ONNX Runtime disagrees with scikit-learn.
"""

import json
from pathlib import Path

import numpy as np
import onnxruntime
from skl2onnx import to_onnx
from skl2onnx.sklapi import CastTransformer
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

ROOT = Path(__file__).resolve().parent.parent
TOLERANCE = 1e-5

iris = load_iris()
labels = iris.target_names[iris.target].astype(str)
pipeline = make_pipeline(StandardScaler(), RandomForestClassifier(n_estimators=100, random_state=42))
pipeline.fit(iris.data, labels)

# scikit-learn scales in float64, rounds to float32 inside the forest, and averages in float64. The export does the
# same: float64 input, a cast to float32 and back. With a float32 input, ten of the 150 rows cross a threshold, and
# probabilities are 0.04 off. Without the cast back, probabilities are summed in float32: 0.99999934 instead of 1.
scaler, forest = (step for _, step in pipeline.steps)
to_float32 = CastTransformer(dtype=np.float32).fit(iris.data)
to_float64 = CastTransformer(dtype=np.float64).fit(iris.data)
exported = make_pipeline(scaler, to_float32, to_float64, forest)
# zipmap off: probabilities leave the model as one tensor instead of a sequence of maps.
model = to_onnx(exported, iris.data[:1], options={"zipmap": False})

expected_labels = pipeline.predict(iris.data)
expected = pipeline.predict_proba(iris.data)
session = onnxruntime.InferenceSession(model.SerializeToString())
got_labels, got = session.run(None, {"X": iris.data})
deviation = float(np.abs(got - expected).max())
if list(got_labels) != list(expected_labels) or deviation > TOLERANCE:
    raise SystemExit(f"the exported model disagrees with scikit-learn: worst probability off by {deviation}")

(ROOT / "models/iris/1").mkdir(parents=True, exist_ok=True)
(ROOT / "models/iris/1/model.onnx").write_bytes(model.SerializeToString())
fixture = {
    "classes": pipeline.classes_.tolist(),
    "rows": iris.data.tolist(),
    "labels": expected_labels.tolist(),
    "probabilities": expected.tolist(),
}
(ROOT / "test/fixtures/iris-predictions.json").write_text(json.dumps(fixture) + "\n")
print(f"150 rows agree, worst probability off by {deviation:.1e}")
