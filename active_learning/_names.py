"""Names that the command line lists, without an import, so that --help answers at once. A test compares
them with the registries.
"""

# The names that a reader may type, as the registries hold them, which are not imported here: --help must not
# wait for them. A test compares.
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
