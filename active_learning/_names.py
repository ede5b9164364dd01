"""What `active-learning --help` lists, without an import, so that it answers at once.

Registries and parser read these names: STRATEGIES in strategies/registry.py, CLASSIFIERS in
models/registry.py, DATASETS in datasets/bundled.py, METRICS in _validation.py.
"""

DATASETS = {  # name -> what it is, in a line
    "digits": "1,797 handwritten digits of 8 x 8 pixels: real, clean, 10 classes of one size",
    "synthetic": "1,000 points of a generator in 10 columns, 2 classes; 10 % of the labels are tossed anew",
    "iris": "150 flowers with 4 measurements: real, small, 3 classes of one size",
    "wine": "178 wines with 13 measurements: real, small, 3 classes",
    "breast_cancer": "569 tissue samples with 30 measurements: real, 2 classes, 63 % and 37 %",
    "digits_wrong_10": "digits whose labeller errs in 10 % of the rows, by chance; tested on right labels",
    "digits_wrong_20": "digits whose labeller errs in 20 % of the rows, by chance; tested on right labels",
    "unbalanced": "3,000 points of a generator in 12 columns, 3 classes: 85 %, 10 % and 5 %",
    "docstrings": "1,197 texts: docstrings of SciPy as hashed word counts; real, 5 topics, 13 to 22 % each",
    "many_classes": "20,000 points of a generator in 24 columns, 26 classes of one size",
}
STRATEGIES = (
    "random",
    "least_confidence",
    "margin",
    "entropy",
    "diverse_margin",
    "annealed_margin",
    "cluster_margin",
    "badge",
    "core_set",
    "typiclust",
    "power_margin",
    "committee",
    "density_margin",
)
CLASSIFIERS = (
    "logistic_regression",
    "svm",
    "knn",
    "extra_trees",
    "label_spreading",
    "balanced_logistic_regression",
)
METRICS = ("accuracy", "balanced_accuracy", "f1")
