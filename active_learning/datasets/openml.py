"""Any table of openml.org as numbers and labels: the only module that may need a network, and only once.

scikit-learn's fetch_openml keeps what it has downloaded in its data folder (sklearn.datasets.get_data_home).
"""

import re
import socket
import warnings
from contextlib import contextmanager
from http.client import HTTPException

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.compose import make_column_transformer
from sklearn.datasets import fetch_openml
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler, OneHotEncoder, StandardScaler

from active_learning._validation import some

TIMEOUT = 60  # seconds without an answer after which a download fails
MAX_LEVELS = 20  # one-hot columns of a category: its commonest levels, and one for all the others


def load_openml(name, *, version="active", target=None):
    """Load features and labels of a table of openml.org.

    Numbers: missing ones become the median, then every column is scaled. Categories: one column per level,
    the rarest together in one once there are more than 20; missing is a level. Left out are empty columns,
    and text with more different values than half of the rows.

    Parameters
    ----------
    name : str
        Its name there, such as "credit-g"; "credit-g@2" is its version 2; a number is its id.
    version : int or "active"
        "active" is the oldest that is in good order.
    target : str, optional
        The column of the labels; by default the table's own.

    Returns
    -------
    X : ndarray or sparse matrix of shape (n, d)
    y : ndarray of shape (n,)

    Raises
    ------
    OSError
        Without a network.
    ValueError
        For an unknown name, version or target, a target that is missing (in some rows, too), several columns
        or a quantity, or no feature to learn from.
    """
    where, (name, _, given) = f"openml:{name}", name.partition("@")
    if not re.fullmatch(r"[\w.()+-]+", name) or not re.fullmatch(r"\d*", given):
        valid = "openml:NAME or openml:NAME@VERSION, as openml:credit-g"
        raise ValueError(f"{where} names no table; valid: {valid}")
    wanted = {"data_id": int(name)} if name.isdigit() else {"name": name}
    wanted |= {"version": int(given) if given else version} if "name" in wanted else {}
    bunch = _download(where, wanted | ({} if target is None else {"target_column": target}))
    X, y = bunch.data, bunch.target
    if y is None or getattr(y, "ndim", 1) != 1:
        fault = "has no column of labels" if y is None else f"has {y.shape[1]} columns of labels"
        names = some(bunch.target_names or bunch.feature_names)
        raise ValueError(f"{where} {fault}; name one with target=, of {names}")
    y = _labels(where, pd.Series(y))
    return (MaxAbsScaler().fit_transform(X) if sparse.issparse(X) else encode_frame(where, X)), y


def _download(where, wanted):
    """What fetch_openml returns, with its errors in one sentence."""
    with warnings.catch_warnings(), _timeout(TIMEOUT):
        warnings.filterwarnings("ignore", "A network error occurred|Invalid cache")  # raised, if it stays
        try:
            # The parser that pandas serves is faster, but scikit-learn 1.9 stumbles over levels such as 0.
            return fetch_openml(**wanted, as_frame="auto", parser="liac-arff", n_retries=1, delay=0.5)
        except ValueError as error:
            raise ValueError(f"{where}: {str(error).split('. ')[0]}") from None
        except KeyError as error:  # a target that is not there, or an answer without what all answers have
            raise ValueError(f"{where}: {error.args[0]}") from None
        except (OSError, HTTPException) as error:
            reason = f"openml.org ({getattr(error, 'reason', error)}); it needs a network"
            raise OSError(f"{where} could not be had from {reason}") from None


@contextmanager
def _timeout(seconds):
    """End a download whose server does not answer for so long: fetch_openml has no such setting."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def _labels(where, y):
    """Labels as text if they are categories, otherwise as they are; ValueError for a quantity."""
    if not pd.api.types.is_numeric_dtype(y):
        return y.astype(str).to_numpy(dtype=object)
    values = y.to_numpy(dtype=float)
    if (values % 1 != 0).any() or len(np.unique(values)) > max(MAX_LEVELS, len(values) / 20):
        raise ValueError(f"{where}: its target {y.name!r} is a quantity such as {values[0]:g}, not a class")
    return values.astype(int)


def encode_frame(where, frame):
    """Features as floats (n, d), learnt without the labels."""
    frame = frame.dropna(axis=1, how="all")
    numbers = [name for name in frame if pd.api.types.is_numeric_dtype(frame[name])]
    others = frame.drop(columns=numbers)
    named = [name for name in others if isinstance(others[name].dtype, pd.CategoricalDtype)]
    others = others.astype(object).where(others.notna(), "missing").astype(str)
    levels = others[[name for name in others if name in named or others[name].nunique() <= len(others) / 2]]
    if not numbers and levels.empty:
        raise ValueError(f"{where} has no column to learn from")
    scale = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    one_hot = OneHotEncoder(max_categories=MAX_LEVELS + 1, sparse_output=False)
    columns = pd.concat([frame[numbers].astype(float), levels], axis=1)
    return make_column_transformer((scale, numbers), (one_hot, [*levels])).fit_transform(columns)
