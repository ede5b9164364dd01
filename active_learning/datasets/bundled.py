"""The data sets that need no network: from scikit-learn, from a generator, or from SciPy's docstrings.

To add one: a function that returns (X, y), or (X, y, clean_labels) if some of y are wrong; a line in
DATASETS; its name and what it is in _names.py (.github/CONTRIBUTING.md). Features are made without a label.
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
from active_learning._arrays import evenly_spaced
from active_learning._validation import check_integer


def _bundled(load, scale):
    """The rows of a bundled data set, scaled (without looking at a label), and their labels."""
    X, y = load(return_X_y=True)
    return scale(X), y


def load_synthetic(**settings):
    """Two clusters in ten dimensions with 10 % label noise, or what settings of make_classification say."""
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
    """Raise for settings that make_classification accepts wrongly, or whose fault it does not name."""
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
    """A copy of labels (n,) in which a share, rounded to whole rows, is changed to a random other class."""
    classes, codes = np.unique(y, return_inverse=True)
    rng = np.random.default_rng(random_state)
    rows = rng.choice(len(codes), round(share * len(codes)), replace=False)
    codes[rows] = (codes[rows] + rng.integers(1, len(classes), len(rows))) % len(classes)
    return classes[codes]


def _wrong_digits(share):
    """Digits as a labeller who errs would label them, and the right labels."""
    X, clean = DATASETS["digits"]()
    return X, wrong_labels(clean, share), clean


def _blobs(counts, n_columns, blobs, spread, random_state):
    """Normal clouds of points in random order, scaled, and rounded so that every machine has the same.

    counts are the rows of each class, blobs its clouds; spread is a cloud's standard deviation, the centres
    have 1.
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
    """Read texts that people wrote: docstrings of SciPy, whose topic is the part of SciPy that they are from.

    Parameters
    ----------
    most : int
        Texts per topic, spread evenly over its files; >= 1.
    length : int
        Characters kept of each; >= 200.

    Returns
    -------
    texts : list of str
    topics : ndarray of shape (n,)
        Another version of SciPy gives other texts.

    Raises
    ------
    ValueError
        If SciPy is installed without its source, or a setting is too small.

    Examples
    --------
    >>> texts, topics = read_docstrings(most=2)
    >>> len(texts), topics[0].item()
    (10, 'interpolate')
    """
    most, length = check_integer("most", most, 1), check_integer("length", length, 200)
    texts, y = [], []
    for topic in TOPICS:
        picked = evenly_spaced(np.array(_docstrings_of(topic, length), dtype=object), most).tolist()
        texts += picked
        y += [topic] * len(picked)
    return texts, np.array(y)


def _docstrings_of(topic, length):
    """The distinct docstrings of a part of SciPy without its tests, in the order of its files."""
    folder = Path(find_spec("scipy").submodule_search_locations[0]) / topic
    files = sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*.py"))
    source = "\n".join((folder / f).read_text(encoding="utf-8") for f in files if "test" not in f)
    texts = dict.fromkeys(" ".join(text[:length].split()) for text in DOCSTRING.findall(source))
    long = [text for text in texts if len(text.split()) >= 12]
    if not long:
        raise ValueError(f"dataset 'docstrings' reads the source of scipy.{topic}, which is not in {folder}")
    return long


def load_docstrings():
    """Docstrings as hashed counts of their words, without the names of the topics, which many contain.

    A hash learns nothing, from labels or from other rows.
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
