"""The names that the command's --help lists: data sets, rules, classifiers and metrics.

Nothing is imported here, so that --help answers at once; a test compares the names with the registries.
"""

DATASETS = (
    "digits",
    "synthetic",
    "iris",
    "wine",
    "breast_cancer",
    "digits_wrong_10",
    "digits_wrong_20",
    "unbalanced",
    "docstrings",
    "many_classes",
)
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
CLASSIFIERS = ("logistic_regression", "svm", "knn", "extra_trees", "label_spreading")
METRICS = ("accuracy", "balanced_accuracy")
