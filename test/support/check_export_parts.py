"""Checks parts of the export tool by themselves: python -m unittest check_export_parts, in this folder"""

import contextlib
import io
import json
import signal
import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np
import pandas as pd
from onnx import TensorProto, helper
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from sklearn.tree import DecisionTreeRegressor

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent / "tools"))
sys.path.insert(0, str(Path(__file__).resolve().parent))
from child_functions import crash, refuse, shout, sleep, stumble  # noqa: E402
from export import isolated  # noqa: E402
from export.disagreement import remedy  # noqa: E402
from export.forests import below  # noqa: E402
from export.package import Place, choose_place, describe, write_package  # noqa: E402
from export.refusal import Refusal  # noqa: E402
from export.runtime import Session  # noqa: E402
from export.sample import to_sample  # noqa: E402
from export.shapes import mend_outputs  # noqa: E402


class Isolated(unittest.TestCase):
    def test_returns_the_result_whatever_the_child_prints(self):
        self.assertEqual(isolated.call(shout, "text", seconds=60), "TEXT")

    def test_says_what_a_child_did_when_it_crashed_and_hands_on_what_it_kept(self):
        with self.assertRaises(isolated.Stopped) as caught:
            isolated.call(crash, signal.SIGSEGV, seconds=60)
        stopped = caught.exception
        found = (stopped.reason, stopped.phase, stopped.kept, stopped.is_late)
        self.assertEqual(found, ("crashes (SIGSEGV)", "dividing", "half", False))

    def test_stops_a_child_at_the_deadline(self):
        with self.assertRaises(isolated.Stopped) as caught:
            isolated.call(sleep, seconds=5)
        stopped = caught.exception
        self.assertEqual((stopped.reason, stopped.kept, stopped.is_late), ("is not done after 5 seconds", "half", True))

    def test_hands_on_refusals_and_makes_refusals_of_errors(self):
        with self.assertRaisesRegex(Refusal, "^not this one$"):
            isolated.call(refuse, seconds=60)
        with self.assertRaisesRegex(Refusal, "fails with ZeroDivisionError: by zero"):
            isolated.call(stumble, seconds=60)

    def test_rewrites_a_line_on_a_terminal_and_writes_few_lines_elsewhere(self):
        for is_terminal, expected in ((True, "\r\x1b[Kbusy … 1 s\r\x1b[Kbusy … 12 s"), (False, "busy … 12 s\n")):
            stream = io.StringIO()
            stream.isatty = lambda is_terminal=is_terminal: is_terminal
            with contextlib.redirect_stderr(stream):
                progress = isolated.Progress("busy")
                for seconds in (1, 12):
                    progress.show(seconds)
            self.assertEqual(stream.getvalue(), expected)


class Thresholds(unittest.TestCase):
    def test_a_float32_compares_with_the_rounded_threshold_as_with_the_float64(self):
        random = np.random.default_rng(0)
        thresholds = np.concatenate([random.normal(size=1000), random.normal(size=10) * 1e39, [np.inf, -np.inf, 0.1]])
        rounded = below(thresholds)
        self.assertEqual(rounded.dtype, np.float32)
        with np.errstate(over="ignore"):
            near = thresholds.astype(np.float32)
        for values in (near, np.nextafter(near, np.float32(-np.inf)), np.nextafter(near, np.float32(np.inf))):
            np.testing.assert_array_equal(values.astype(np.float64) <= thresholds, values <= rounded)


def model_of(nodes, outputs):
    rows = helper.make_tensor_value_info("X", TensorProto.FLOAT, [None, 3])
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs]
    graph = helper.make_graph(nodes, "g", [rows], values)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 19)], ir_version=9)


class Shapes(unittest.TestCase):
    rows = {"X": np.arange(21, dtype=np.float32).reshape(7, 3)}

    def mended(self, model):
        mend_outputs(model, self.rows)
        return Session(model.SerializeToString()).run(self.rows)

    def test_turns_an_output_whose_rows_are_on_the_last_axis(self):
        (value,) = self.mended(model_of([helper.make_node("Transpose", ["X"], ["y"], perm=[1, 0])], ["y"]))
        np.testing.assert_array_equal(value, self.rows["X"])

    def test_makes_one_tensor_of_a_sequence(self):
        model = model_of([helper.make_node("SequenceConstruct", ["X", "X"], ["y"])], ["y"])
        sequence = helper.make_tensor_sequence_value_info("y", TensorProto.FLOAT, None)
        model.graph.output[0].CopyFrom(sequence)
        (value,) = self.mended(model)
        np.testing.assert_array_equal(value, np.stack([self.rows["X"]] * 2, axis=1))

    def test_refuses_an_output_that_does_not_follow_the_rows(self):
        model = model_of([helper.make_node("ReduceMax", ["X"], ["y"], keepdims=1)], ["y"])
        with self.assertRaisesRegex(Refusal, r"converter is at fault: its output y has the shape \[1, 1\] for 4 rows"):
            self.mended(model)


class Disagreements(unittest.TestCase):
    table = pd.DataFrame({"a": [1.0, 2.0, 3.0, 4.0], "b": [1.0, 1.0, 2.0, np.nan]})

    def test_name_the_feature_whose_value_is_a_threshold(self):
        table = self.table.assign(b=[1.0, 2.0, 1.0, 2.0])
        model = DecisionTreeRegressor(max_depth=1).fit(table, [0, 0, 9, 9])
        at = table.assign(a=np.float32(model.tree_.threshold[0]).astype(float))
        text = remedy(model, to_sample(at, model), 0, 1e-4)
        self.assertRegex(text, "jumps right at this value of a: .* Round a to fewer digits before training")

    def test_name_the_feature_that_has_no_value(self):
        model = DecisionTreeRegressor(max_depth=1).fit(self.table, [0, 0, 9, 9])
        self.assertRegex(remedy(model, to_sample(self.table, model), 3, 1e-4), "no value for b, .* Put an imputer")

    def test_blame_the_converter_otherwise(self):
        model = LinearRegression().fit(self.table[["a"]], [0, 1, 2, 3])
        text = remedy(model, to_sample(self.table[["a"]], model), 0, 1e-4)
        self.assertRegex(text, "converter is at fault: .* --tolerance above 0.0001")


class Gaps(unittest.TestCase):
    def test_the_original_gets_a_missing_string_as_it_was_in_the_training(self):
        for gap in (None, np.nan):
            deck = pd.Series(["A", gap, "B", "A"], dtype=object)
            table = pd.DataFrame({"deck": deck, "fare": [1.0, 2.0, 3.0, np.nan]})
            model = make_pipeline(make_column_transformer((OneHotEncoder(), ["deck"])), LinearRegression())
            model.fit(table, [0, 1, 2, 0])
            # As a file of CSV is read.
            read = table.assign(deck=table["deck"].where(table["deck"].notna(), np.nan))
            asked = to_sample(read, model).for_original()
            np.testing.assert_allclose(model.predict(asked), model.predict(table))


class Packages(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.out = Path(folder.name) / "m"

    def write(self, version, *names, missing="refuse"):
        features = [{"name": name, "type": "number", "missing": missing} for name in names]
        write_package(Place(self.out, version), b"model", describe(self.out, features), {"examples": []})

    def names(self, file):
        return [feature["name"] for feature in json.loads((self.out / file).read_text())["features"]]

    def test_a_version_with_other_features_gets_a_description_of_its_own(self):
        self.write(1, "a", "b")
        self.write(2, "a", "b")
        self.write(3, "a", "c")
        self.write(4, "a", "b", missing="nan")
        own = sorted(str(file.relative_to(self.out)) for file in self.out.rglob("model.json"))
        self.assertEqual(own, ["3/model.json", "4/model.json", "model.json"])
        self.assertEqual([self.names("model.json"), self.names("3/model.json")], [["a", "b"], ["a", "c"]])

    def test_a_new_description_keeps_the_words_of_people(self):
        self.write(1, "a", "b")
        content = json.loads((self.out / "model.json").read_text())
        content["features"][0]["unit"] = "cm"
        (self.out / "model.json").write_text(json.dumps(content))
        self.write(2, "a", "c")
        self.assertEqual(json.loads((self.out / "2/model.json").read_text())["features"][0]["unit"], "cm")

    def test_the_next_version_follows_the_highest(self):
        for version in (2, 10):
            self.write(version, "a")
        self.assertEqual(choose_place(self.out, "next").version, 11)
        self.assertEqual(choose_place(self.out / "new", "next").version, 1)

    def test_a_version_that_is_there_is_replaced_only_by_force(self):
        self.write(1, "a")
        with self.assertRaisesRegex(Refusal, "is there already: .*--version next.*--force"):
            choose_place(self.out, 1)
        (self.out / "1/old.bin").write_text("")
        self.assertEqual(choose_place(self.out, 1, force=True), Place(self.out, 1))
        self.write(1, "a")
        self.assertEqual(sorted(file.name for file in (self.out / "1").iterdir()), ["examples.json", "model.onnx"])
