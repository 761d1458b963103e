"""Decision trees and forests."""

from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor, RandomForestClassifier, RandomForestRegressor
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor, ExtraTreeClassifier, ExtraTreeRegressor

from parity.data import amount, gappy, names, three, two, zipmap

ONE = {"max_depth": 4, "random_state": 0}
FEW = {"n_estimators": 10, **ONE}


def add_to(add):
    add("tree", "decision-tree-classifier", DecisionTreeClassifier(**ONE), three, **zipmap)
    add("tree", "decision-tree-regressor", DecisionTreeRegressor(**ONE), amount)
    add("tree", "extra-tree-classifier", ExtraTreeClassifier(**ONE), three, **zipmap)
    add("tree", "extra-tree-regressor", ExtraTreeRegressor(**ONE), amount)

    forest = RandomForestClassifier(**FEW)
    add("forest", "random-forest-classifier", forest, 10 * (three + 1), **zipmap)
    add("forest", "random-forest-regressor", RandomForestRegressor(**FEW), amount)
    add("forest", "extra-trees-classifier", ExtraTreesClassifier(**FEW), names, **zipmap)
    add("forest", "extra-trees-regressor", ExtraTreesRegressor(**FEW), amount)
    add("forest", "scaled-forest", make_pipeline(StandardScaler(), forest), names, **zipmap)
    add("forest", "random-forest-two-classes", forest, two, **zipmap)
    imputed = make_pipeline(SimpleImputer(strategy="median"), forest)
    add("forest", "imputed-forest", imputed, names, **gappy, **zipmap)
