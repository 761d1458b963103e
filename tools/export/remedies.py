"""Advice for files that this tool does not read. `{file}` stands for the path of the file."""

PUT = "Then put it at models/<name>/1/model.onnx"
TF2ONNX = "pip install tf2onnx tensorflow && python -m tf2onnx.convert"
TORCH = 'torch.onnx.export(model.eval(), (example,), "model.onnx", input_names=["x"], dynamic_axes={"x": {0: "rows"}}, dynamo=False)'
OPTIMUM = 'pip install "optimum-onnx[onnxruntime]" && optimum-cli export onnx --model'
# Of a folder on this machine, optimum cannot tell what the model is for.
TASK = "--task text-classification out"
PUT_OUT = "Name your task; optimum-cli export onnx --help lists them. Then put out/model.onnx at models/<name>/1/model.onnx"
PICKLE = 'joblib.dump(model, "model.pkl")'

# By kind: what the file is, and the next step.
REMEDIES = {
    "hdf5": (
        "is HDF5, as Keras writes its .h5 models",
        f"export it with: {TF2ONNX} --keras {{file}} --output model.onnx. {PUT}",
    ),
    "keras": (
        "is a Keras model",
        f"export it with: {TF2ONNX} --keras {{file}} --output model.onnx. {PUT}",
    ),
    "savedmodel": (
        "is a TensorFlow SavedModel",
        f"export it with: {TF2ONNX} --saved-model {{file}} --output model.onnx. {PUT}",
    ),
    "graphdef": (
        "is a graph of TensorFlow",
        f"export it with: {TF2ONNX} --graphdef {{file}} --inputs x:0 --outputs y:0 --output model.onnx. {PUT}",
    ),
    "tflite": (
        "is a TensorFlow Lite model",
        f"export it with: {TF2ONNX} --tflite {{file}} --output model.onnx. {PUT}",
    ),
    "pytorch": (
        "is a PyTorch file, whose model is a program in Python",
        f"export it where the model is built, with: {TORCH}. {PUT}",
    ),
    "torchscript": (
        "is a TorchScript file",
        f'export it in Python, with: model = torch.jit.load("{{file}}"); {TORCH}. {PUT}',
    ),
    "pmml": (
        "is PMML, which nothing converts to ONNX",
        "export what it was made of: give this tool the pickle, the file of XGBoost, LightGBM or CatBoost, or the folder "
        "in which Spark saved it",
    ),
    "spark": (
        "is a model of Spark",
        "export it where Spark runs, with: pip install onnxmltools pandas; and in Python, with each column of the table: "
        "from onnxmltools import convert_sparkml, utils; from onnxmltools.convert.common.data_types import "
        'FloatTensorType; utils.save_model(convert_sparkml(model, "model", [("column", '
        f'FloatTensorType([None, 1]))], spark_session=spark), "model.onnx"). {PUT}',
    ),
    "safetensors": (
        "is safetensors, which holds weights and no model",
        f"export the folder that it is in, with: {OPTIMUM} <folder> {TASK}. {PUT_OUT}. "
        f"Or export a model of your own with: {TORCH}",
    ),
    "transformers": (
        "is a folder of Hugging Face",
        f"export it with: {OPTIMUM} {{file}} {TASK}. {PUT_OUT}",
    ),
    "gguf": (
        "is GGUF, which holds weights for llama.cpp",
        f"export the model that it was made of, with: {OPTIMUM} <organisation>/<name> {TASK}. {PUT_OUT}",
    ),
    "onnx": (
        "is an ONNX model already",
        "copy it: mkdir -p models/<name>/1 && cp {file} models/<name>/1/model.onnx",
    ),
    "coreml": ("is a Core ML model, which nothing converts to ONNX", "export the model that it was made of"),
    "r": (
        "is an object of R",
        'write the file of its library, as with xgboost::xgb.save(model, "model.json"), and give this tool that file',
    ),
    "skops": (
        "is a file of skops",
        "make a pickle of it where you trust it, with: python -c 'import joblib, skops.io; joblib.dump(skops.io.load("
        """"{file}", trusted=skops.io.get_untrusted_types(file="{file}")), "model.pkl")'. Give this tool model.pkl""",
    ),
    "numpy": ("holds arrays of NumPy and no model", f"write the trained model with {PICKLE}"),
    "mlflow": ("is a folder of MLflow", "give this tool the file within, such as {file}/model.pkl"),
    "folder": ("is a folder", "name the file of the model"),
    "tar": ("is an archive", "unpack it with: tar xf {file}. Then name the file of the model within"),
    "zip": ("is a zip archive", "unpack it, and name the file of the model"),
    "xgboost-binary": (
        "is in the binary format that XGBoost 3.1 removed",
        'convert it with: pip install "xgboost<3.1" && python -c \'import xgboost; '
        """xgboost.Booster(model_file="{file}").save_model("model.json")'. Give this tool model.json""",
    ),
    "lightgbm-json": (
        "is the JSON of LightGBM's dump_model, which LightGBM cannot read",
        'write the model with booster.save_model("model.txt"), and give this tool that file',
    ),
    "json": (
        "is JSON, but no model of XGBoost or CatBoost",
        f"write the model with save_model of its library, or with {PICKLE}",
    ),
    "xml": ("is XML or HTML, and no model", f"write the trained model with {PICKLE}"),
    "csv": ("is a table", "name the file of the model first, and the table after --data"),
    "empty": ("is empty", f"write it again, with {PICKLE}"),
}
