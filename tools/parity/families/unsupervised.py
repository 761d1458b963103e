"""Outliers, clusters and mixtures."""

import numpy as np
from sklearn.cluster import KMeans, MiniBatchKMeans
from sklearn.ensemble import IsolationForest
from sklearn.mixture import BayesianGaussianMixture, GaussianMixture
from sklearn.neighbors import LocalOutlierFactor
from sklearn.svm import OneClassSVM

from parity.data import train
from parity.exporters import with_skl2onnx

ML3 = {"": 21, "ai.onnx.ml": 3}


def add_to(add):
    add(
        "outliers", "isolation-forest", IsolationForest(n_estimators=10, max_samples=32, random_state=0),
        options=f"target_opset={ML3}", export=with_skl2onnx(train[:1].astype(np.float32), target_opset=ML3),
    )  # fmt: skip
    add("outliers", "one-class-svm", OneClassSVM(nu=0.2))
    add("outliers", "local-outlier-factor", LocalOutlierFactor(novelty=True), train=train[:100])
    add("clusters", "k-means", KMeans(4, n_init=3, random_state=0))
    add("clusters", "mini-batch-k-means", MiniBatchKMeans(4, n_init=3, random_state=0))
    add("clusters", "gaussian-mixture", GaussianMixture(3, random_state=0))
    diagonal = GaussianMixture(3, covariance_type="diag", random_state=0)
    add("clusters", "gaussian-mixture-diag", diagonal, called="GaussianMixture(covariance_type='diag')")
    add("clusters", "bayesian-gaussian-mixture", BayesianGaussianMixture(n_components=3, random_state=0))
