"""Transformers alone, and before a linear model."""

from sklearn.decomposition import PCA, IncrementalPCA, KernelPCA, TruncatedSVD
from sklearn.feature_selection import SelectFromModel, SelectKBest
from sklearn.impute import SimpleImputer
from sklearn.linear_model import Lasso, LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    Binarizer,
    KBinsDiscretizer,
    MaxAbsScaler,
    MinMaxScaler,
    Normalizer,
    PolynomialFeatures,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
)
from sklearn.random_projection import GaussianRandomProjection

from parity.data import amount, gappy, names, three, train, zipmap

FAMILY = "transformers"
BINS = {"n_bins": 4, "quantile_method": "averaged_inverted_cdf"}


def add_to(add):
    add(FAMILY, "pca", make_pipeline(StandardScaler(), PCA(2)))
    add(FAMILY, "standard-scaler", make_pipeline(StandardScaler()))
    add(FAMILY, "polynomial-features", make_pipeline(PolynomialFeatures(2), Ridge()), amount)
    add_scalers(add)
    add_before_a_model(add)


def add_scalers(add):
    add(FAMILY, "min-max-scaler", MinMaxScaler())
    add(FAMILY, "simple-imputer", SimpleImputer(strategy="median"), **gappy)
    add(FAMILY, "truncated-svd", TruncatedSVD(2, random_state=0))
    add(FAMILY, "power-transformer", PowerTransformer())
    add(FAMILY, "quantile-transformer", QuantileTransformer(n_quantiles=20, random_state=0))
    add(FAMILY, "kernel-pca", KernelPCA(2, kernel="rbf", random_state=0), train=train[:100])


def add_before_a_model(add):
    for name, transformer in {
        "max-abs-logistic": MaxAbsScaler(),
        "robust-logistic": RobustScaler(),
        "normalizer-logistic": Normalizer(),
        "binarizer-logistic": Binarizer(threshold=0.1),
        "bins-logistic": KBinsDiscretizer(encode="onehot-dense", **BINS),
        "incremental-pca-logistic": IncrementalPCA(2),
        "projection-logistic": GaussianRandomProjection(2, random_state=0),
        "best-features-logistic": SelectKBest(k=2),
    }.items():
        add(FAMILY, name, make_pipeline(transformer, LogisticRegression()), three, **zipmap)
    imputed = make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression())
    add(FAMILY, "imputed-logistic", imputed, names, **gappy, **zipmap)
    add(FAMILY, "selected-ridge", make_pipeline(SelectFromModel(Lasso(0.1)), Ridge()), amount)
