"""Naive Bayes and nearest neighbours."""

from sklearn.naive_bayes import BernoulliNB, CategoricalNB, ComplementNB, GaussianNB, MultinomialNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor, NeighborhoodComponentsAnalysis
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from parity.data import amount, amounts, by_counts, counted, counts, names, three, zipmap
from parity.exporters import with_skl2onnx


def add_to(add):
    integers = {"options": "an int64 input, ZipMap", "export": with_skl2onnx(counts[:1])}
    add("bayes", "gaussian-nb", GaussianNB(), three, **zipmap)
    add("bayes", "multinomial-nb", MultinomialNB(), by_counts, **counted, **zipmap)
    add("bayes", "bernoulli-nb", BernoulliNB(binarize=2.0), by_counts, **counted, **integers)
    add("bayes", "complement-nb", ComplementNB(), by_counts, **counted, **zipmap)
    add("bayes", "categorical-nb", CategoricalNB(min_categories=6), by_counts, **counted, **integers)

    add("neighbours", "k-neighbors-classifier", KNeighborsClassifier(), names, **zipmap)
    add("neighbours", "k-neighbors-regressor", KNeighborsRegressor(), amount)
    scaled = make_pipeline(StandardScaler(), KNeighborsClassifier(3))
    add("neighbours", "scaled-neighbors", scaled, names, **zipmap)
    manhattan = KNeighborsClassifier(metric="manhattan")
    called = "KNeighborsClassifier(metric='manhattan')"
    add("neighbours", "manhattan-neighbors", manhattan, names, **zipmap, called=called)
    add("neighbours", "neighbors-two-targets", KNeighborsRegressor(), amounts, note="Two numbers for each row")
    components = make_pipeline(NeighborhoodComponentsAnalysis(2, random_state=0), KNeighborsClassifier())
    add("neighbours", "neighborhood-components", components, names, **zipmap)
