"""Support vectors and Gaussian processes."""

from sklearn.gaussian_process import GaussianProcessRegressor, kernels
from sklearn.linear_model import SGDOneClassSVM
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, SVR, LinearSVC, LinearSVR, NuSVC, NuSVR

from parity.data import amount, names, rows, three, two, yes_no, zipmap
from parity.exporters import with_options, with_skl2onnx

ONE_SCORE = "One score for each row, of the second class"
SWAPPED = "The default of skl2onnx swaps the scores of the two classes"


def add_to(add):
    add("svm", "linear-svc", LinearSVC(random_state=0), three)
    add("svm", "linear-svc-two-classes", LinearSVC(random_state=0), two, note=ONE_SCORE)
    add("svm", "svc", SVC(), three, **zipmap)
    raw = {"options": "raw_scores=True", "export": with_options(raw_scores=True), "note": SWAPPED}
    add("svm", "svc-two-classes", SVC(), yes_no, **raw)
    add(
        "svm", "svc-probability", SVC(probability=True, random_state=0), three, **zipmap,
        called="SVC(probability=True)",
    )  # fmt: skip
    add("svm", "svr", SVR(), amount)
    add("svm", "svc-linear-kernel", SVC(kernel="linear"), three, **zipmap, called="SVC(kernel='linear')")
    add("svm", "svc-poly-kernel", SVC(kernel="poly"), three, **zipmap, called="SVC(kernel='poly')")
    add("svm", "scaled-svc", make_pipeline(StandardScaler(), SVC()), names, **zipmap)
    add("svm", "nu-svc", NuSVC(), three, **zipmap)
    add("svm", "nu-svr", NuSVR(), amount)
    add("svm", "linear-svr", LinearSVR(random_state=0), amount)
    add("svm", "sgd-one-class-svm", SGDOneClassSVM(random_state=0))
    kernel = kernels.RBF() + kernels.WhiteKernel(0.1)
    add(
        "gaussian process", "gaussian-process-regressor", GaussianProcessRegressor(kernel), amount,
        options="a float64 input", export=with_skl2onnx(rows[:1]), tolerance=1e-8,
        note="A float32 input loses digits, because the covariance is nearly singular",
    )  # fmt: skip
