"""Models of the boosting libraries whose converter writes another model, with the remedy for each."""

import json


def objective_of(model):
    return json.loads(model.get_booster().save_config())["learner"]["objective"]["name"]


def booster_of(model):
    """The kind of booster: gbtree, dart or gblinear."""
    return json.loads(model.get_booster().save_config())["learner"]["gradient_booster"]["name"]


def has_vector_leaves(model):
    """Trees that each answer all targets at once."""
    if booster_of(model) != "gbtree":
        return False
    trees = json.loads(model.get_booster().save_raw("json"))["learner"]["gradient_booster"]["model"]["trees"]
    return any(int(tree["tree_param"]["size_leaf_vector"]) > 1 for tree in trees)


def is_forest_of_classes(model):
    return type(model).__name__ == "XGBRFClassifier" and model.n_classes_ > 2


def head_of(model):
    """Returns the lines that LightGBM writes before the first tree, each a `key=value`."""
    return model.booster_.model_to_string().split("\nTree=")[0].split("\n")


def lightgbm_objective(model):
    """The objective without its parameters, or nothing where a function of the user's was one."""
    line = next((line for line in head_of(model) if line.startswith("objective=")), "")
    return line.removeprefix("objective=").split(" ")[0]


def has_other_sigmoid(model):
    objective = next((line for line in head_of(model) if line.startswith("objective=binary")), "sigmoid:1")
    return float(objective.split("sigmoid:")[1]) != 1


def takes_zeros_for_gaps(model):
    """Whether a split says so: bits 2 and 3 of a decision are 1 then."""
    lines = model.booster_.model_to_string().split("\n")
    decisions = (line.removeprefix("decision_type=").split() for line in lines if line.startswith("decision_type="))
    return any(int(decision) >> 2 & 3 == 1 for tree in decisions for decision in tree)


def loss_of(model):
    return str(model.get_all_params().get("loss_function", "")).split(":")[0]


XGBOOST = (
    (lambda model: booster_of(model) == "gblinear",
     "onnxmltools knows no linear boosters: use LogisticRegression or Ridge, or booster='gbtree'"),
    (lambda model: booster_of(model) == "dart",
     "onnxmltools leaves out the weights of the trees of DART: use booster='gbtree'"),
    (has_vector_leaves, "onnxmltools knows no trees that answer several targets: use multi_strategy="
     "'one_output_per_tree'"),
    (lambda model: objective_of(model) == "reg:logistic",
     "onnxmltools leaves out the sigmoid of its objective: use objective='reg:squarederror'"),
    (lambda model: objective_of(model) == "multi:softmax",
     "onnxmltools leaves out the softmax of its objective: use objective='multi:softprob'"),
    (is_forest_of_classes, "onnxmltools adds the trees of a forest to other classes than theirs: use "
     "RandomForestClassifier of scikit-learn, or XGBClassifier"),
)  # fmt: skip

LIGHTGBM = (
    (lambda model: lightgbm_objective(model) == "",
     "onnxmltools does not know what an objective of your own answers: use one of LightGBM's, such as 'regression'"),
    (lambda model: lightgbm_objective(model).startswith("cross_entropy"),
     "onnxmltools does not know its objective: use objective='binary'"),
    (lambda model: any(line.startswith("objective=multiclassova") for line in head_of(model)),
     "onnxmltools writes a softmax where its loss has one sigmoid a class: use objective='multiclass'"),
    (lambda model: "average_output" in head_of(model),
     "onnxmltools does not average the trees of a random forest: use boosting_type='gbdt', or one of scikit-learn"),
    (lambda model: "\nis_linear=1" in model.booster_.model_to_string(),
     "onnxmltools leaves out the linear models in the leaves: use linear_tree=False"),
    (takes_zeros_for_gaps, "onnxmltools takes zeros for numbers, where LightGBM takes them for missing values: use "
     "zero_as_missing=False, and write missing values as such into the table"),
    (has_other_sigmoid, "onnxmltools leaves out the factor of the sigmoid: use sigmoid=1.0"),
)  # fmt: skip

CATBOOST = (
    (lambda model: loss_of(model) in ("Poisson", "Tweedie"),
     "CatBoost leaves out the exponential of its loss: use loss_function='RMSE', or XGBRegressor(objective="
     "'count:poisson')"),
    (lambda model: loss_of(model) == "MultiClassOneVsAll",
     "CatBoost writes a softmax where its loss has one sigmoid a class: use loss_function='MultiClass'"),
)  # fmt: skip

BOOSTERS = {"xgboost": XGBOOST, "lightgbm": LIGHTGBM, "catboost": CATBOOST}
