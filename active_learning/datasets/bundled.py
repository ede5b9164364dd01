"""The data sets that need no network: bundled with scikit-learn, drawn by a generator, or read from packages.

To add one: a function that returns (X, y), or (X, y, truth) if some labels are wrong; a line in DATASETS; its
name and what it is in _names.py (.github/CONTRIBUTING.md). Features are made without looking at a label.
"""

import re
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from sklearn import datasets
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS as COMMON
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.preprocessing import StandardScaler

from active_learning import _names
from active_learning._validation import check_integer


def _bundled(load, scale):
    """The rows of a bundled data set, scaled (without looking at a label), and their labels."""
    X, y = load(return_X_y=True)
    return scale(X), y


def load_synthetic(**settings):
    """Two clusters in ten dimensions with 10 % label noise; settings of make_classification override."""
    values = dict(n_samples=1000, n_features=10, n_informative=5, n_redundant=0, n_repeated=0, n_classes=2)
    values |= dict(n_clusters_per_class=1, flip_y=0.1, random_state=42) | settings
    try:
        _check_synthetic(values)
        X, y = datasets.make_classification(**values, return_X_y=True)
        if len(np.unique(y)) < values["n_classes"]:
            raise ValueError("these settings leave a class without a single point")
    except (TypeError, ValueError) as error:
        given = ", ".join(f"{name}={value!r}" for name, value in settings.items())
        raise type(error)(f"load_dataset('synthetic', {given}): {error}") from None
    return X, y


def _check_synthetic(values):
    """Raise for settings that make_classification lets pass, or whose fault it does not name."""
    lows = dict(n_classes=2, n_samples=values["n_classes"], n_features=1, n_informative=1)
    for name, low in (lows | dict(n_redundant=0, n_repeated=0, n_clusters_per_class=1)).items():
        check_integer(name, values[name], low)
    columns = values["n_informative"] + values["n_redundant"] + values["n_repeated"]
    if columns > (n_features := values["n_features"]):
        kinds = f"informative, redundant and repeated features (n_informative={values['n_informative']})"
        raise ValueError(f"n_features={n_features} is too few for {columns} {kinds}")
    weights = values.get("weights")
    if isinstance(weights, (list, tuple, np.ndarray)) and not (np.min(weights) >= 0 and np.sum(weights) <= 1):
        raise ValueError(f"weights must be shares of at least 0 that sum to at most 1, got {weights!r}")


def wrong_labels(y, share, random_state=0):
    """A copy of labels in which a share is wrong: each of these rows has one of the other classes, by chance.

    y: array (n,) of labels; share: in [0, 1], rounded to whole rows; random_state: for default_rng
    returns: array (n,)
    raises: ValueError for a share outside [0, 1] or labels of one class
    """
    classes, codes = np.unique(y, return_inverse=True)
    if not 0 <= share <= 1:
        raise ValueError(f"the share of wrong labels must be in [0, 1], got {share}")
    if len(classes) < 2:
        raise ValueError(f"y has the one class {classes[0]}; a wrong label needs at least 2")
    rng = np.random.default_rng(random_state)
    rows = rng.choice(len(codes), round(share * len(codes)), replace=False)
    codes[rows] = (codes[rows] + rng.integers(1, len(classes), len(rows))) % len(classes)
    return classes[codes]


def _wrong_digits(share):
    """Digits as a labeller who errs would label them, and the right labels."""
    X, truth = DATASETS["digits"]()
    return X, wrong_labels(truth, share), truth


def _blobs(counts, n_columns, blobs, spread, random_state):
    """Normal clouds of points, several a class, in random order, scaled; rounded, so alike on every machine.

    counts: rows a class; blobs: clouds a class; spread: standard deviation of a cloud; centres have 1
    """
    rng, y = np.random.default_rng(random_state), np.repeat(np.arange(len(counts)), counts)
    centres = rng.normal(size=(len(counts), blobs, n_columns))
    X = centres[y, rng.integers(blobs, size=len(y))] + spread * rng.normal(size=(len(y), n_columns))
    order = rng.permutation(len(y))
    return StandardScaler().fit_transform(X[order]).round(4), y[order]


TOPICS = ("interpolate", "optimize", "signal", "sparse", "stats")
# The docstring of a function or class; if its heading holds a quote or more than nine lines, it is left out.
DOCSTRING = re.compile(
    r'^\s*(?:def|class) [^"\n]*(?:\n[^"\n]*){0,8}?:\n\s+r?"""(.*?)"""', re.DOTALL | re.MULTILINE
)


def read_docstrings(most=260, length=1000):
    """Texts that people wrote: docstrings of SciPy; the topic of each is the part of SciPy that it is from.

    most: texts a topic, spread evenly over its files; length: characters kept of each
    returns: list of n strings, array (n,) of topics; another version of SciPy gives other texts
    raises: ValueError if SciPy is there without its source, for most < 1 or length < 200
    """
    most, length = check_integer("most", most, 1), check_integer("length", length, 200)
    texts, y = [], []
    for topic in TOPICS:
        found = _docstrings_of(topic, length)
        picked = np.linspace(0, len(found) - 1, min(most, len(found))).astype(int)
        texts += [found[place] for place in picked]
        y += [topic] * len(picked)
    return texts, np.array(y)


def _docstrings_of(topic, length):
    """The distinct docstrings of a part of SciPy, tests apart, in the order of its files."""
    folder = Path(find_spec("scipy").submodule_search_locations[0]) / topic
    files = sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*.py"))
    source = "\n".join((folder / f).read_text(encoding="utf-8") for f in files if "test" not in f)
    found = (" ".join(text[:length].split()) for text in DOCSTRING.findall(source))
    kept = [text for text in dict.fromkeys(found) if len(text.split()) >= 12]
    if not kept:
        raise ValueError(f"dataset 'docstrings' reads the source of scipy.{topic}, which is not in {folder}")
    return kept


def load_docstrings():
    """Docstrings as hashed counts of their words: a hash learns nothing, from labels or from other rows.

    The topics' own names are left out of the words, since they stand in many a text as its address.
    """
    texts, y = read_docstrings()
    words = HashingVectorizer(n_features=256, alternate_sign=False, stop_words=["scipy", *TOPICS, *COMMON])
    return words.transform(texts).toarray().round(6), y


DATASETS = {
    "digits": partial(_bundled, datasets.load_digits, lambda X: X / 16),  # pixels in [0, 1]
    "synthetic": load_synthetic,
    "iris": partial(_bundled, datasets.load_iris, StandardScaler().fit_transform),
    "wine": partial(_bundled, datasets.load_wine, StandardScaler().fit_transform),
    "breast_cancer": partial(_bundled, datasets.load_breast_cancer, StandardScaler().fit_transform),
    "digits_wrong_10": partial(_wrong_digits, 0.1),
    "digits_wrong_20": partial(_wrong_digits, 0.2),
    "unbalanced": partial(_blobs, [2550, 300, 150], 12, 3, 0.5, random_state=0),
    "docstrings": load_docstrings,
    "many_classes": partial(_blobs, [770] * 24 + [760] * 2, 24, 2, 0.5, random_state=0),
}

DESCRIPTIONS = _names.DATASETS
