"""Rows that are not independent: several of one thing, copies, and rows that follow one another.

A score is honest only if no row that is tested has a sibling among those that are learnt from. What is found
here is kept on one side of every split, and said. Not here: groups and times that the user names (declared),
columns that give the label away (leakage).
"""

import re
import unicodedata
from functools import cached_property

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse.csgraph import connected_components
from sklearn.feature_extraction.text import TfidfVectorizer

from active_learning._arrays import blocks, take
from active_learning.features.columns import NO_SPACES
from active_learning.features.declared import Dependence, as_times
from active_learning.features.near_rows import near_rows
from active_learning.features.parsing import as_numbers, different
from active_learning.features.text import text_key

LEAST = 30  # labelled rows, below which nothing is looked for
RARE = 1e-6  # a chance this small is none
MATTERS = 0.02  # share of rows that are copies from which on they move a score
NEAR = 0.75  # cosine similarity of the words of two texts from which on one is a copy of the other
MOST = 4000  # labelled texts at the most of which near copies are looked for
LONG = 12  # letters of a text, below which people write the same by chance
SENTENCE = 5  # words of the usual text: names of things have fewer, and repeat
FEW_VALUES = 20  # numbers with more different ones are measured
N_BLOCKS = 12  # of rows that follow one another
NUMBERED = re.compile(r"\d+(?:\.\w+)?$")  # the end of the name of one of many files


def find_dependence(frame, label_column, y, X=None):
    """What makes the labelled rows of a table depend on one another: a Dependence, of no groups if nothing.

    frame: DataFrame (n, c), cells as they were read; y: labels (n,), None where there is none; X: vectors
        (n, d) that are learnt from instead of the frame's cells, if there are such
    """
    labeled = np.flatnonzero(~pd.isna(y))
    if len(labeled) < LEAST or pd.Series(y[labeled]).nunique() < 2:
        return Dependence()
    frame = frame.drop(columns=label_column)
    cells = [_Cells(name, labeled, *different(frame[name])) for name in frame]
    cells = [each for each in cells if each.levels is not None and len(each.levels) > 1]
    links, notes = [], []
    for search in (_items, _text_copies, _row_copies, _near_copies, _series):
        if search in (_near_copies, _series) and links:
            continue
        for codes, note in search(cells, y, labeled):
            links.append(codes)
            notes.append(note)
    if X is not None and (codes := near_rows(np.asarray(take(X, labeled), dtype=float))) is not None:
        links.append(codes)
        notes.append(_near_note(codes, "vectors"))
    if not links:
        return Dependence()
    groups = _whole(_joined(links), y[labeled])
    if groups is None:
        notes[-1] += "; classes are too few groups to keep these on one side, so scores may be too high"
        return Dependence(notes=notes)
    everywhere = np.arange(len(y)) + len(labeled)
    everywhere[labeled] = groups
    return Dependence(groups=everywhere, notes=notes)


class _Cells:
    """One column: which of its different cells stands in each row, and which in the labelled rows."""

    def __init__(self, name, labeled, missing, codes, levels):
        self.name, self.levels = str(name), levels
        self.codes, self.seen = np.full(len(missing), -1), np.full(len(labeled), -1)
        if levels is not None:  # no lists
            self.codes[~missing] = codes
            known = self.codes[labeled] >= 0
            used, self.seen[known] = np.unique(self.codes[labeled[known]], return_inverse=True)
            self.seen_levels = levels[used]

    @cached_property
    def numbers(self):
        """Floats (m,) of the labelled rows, nan where missing; None if they are not numbers."""
        if self.levels.dtype.kind in "mM" or not len(self.seen_levels):
            return None
        found = as_numbers(self.seen_levels)
        return None if found is None else np.append(found[0], np.nan)[self.seen]

    @cached_property
    def texts(self):
        """Texts (m,) of the labelled rows, "" where missing; None if they are not of several words."""
        if self.levels.dtype.kind in "biufmM" or len(self.levels) < 20:
            return None
        sample = [str(level) for level in self.levels[:: max(1, len(self.levels) // 200)]]
        long = np.mean([_n_letters(text) >= LONG for text in sample])
        words = np.median([len(text.split()) + len(NO_SPACES.findall(text)) // 2 for text in sample])
        if long < 0.5 or words < SENTENCE:
            return None
        return np.array([*map(str, self.seen_levels), ""], dtype=object)[self.seen]


def _joined(links):
    """Groups (m,) of rows that any of several codes (m,) joins; -1 joins nothing."""
    m = len(links[0])
    edges = [np.zeros((2, 0), dtype=int)]
    for codes in links:
        first = pd.Series(np.arange(m)).groupby(codes).transform("first").to_numpy()
        edges.append(np.stack([np.arange(m), first])[:, codes >= 0])
    rows, columns = np.hstack(edges)
    return connected_components(sparse.coo_array((np.ones(len(rows)), (rows, columns)), shape=(m, m)))[1]


def _whole(groups, y):
    """Groups (m,) that leave every class on both sides: rows of a class of one group each stay alone.

    None where that would be the rule, or groups are few.
    """
    groups, alone = groups.copy(), np.zeros(len(y), dtype=bool)
    for label, found in pd.Series(groups).groupby(y):
        if found.nunique() < min(3, len(found)):
            alone |= y == label
    groups[alone] = groups.max() + 1 + np.arange(alone.sum())
    return None if alone.mean() > 0.2 or len(np.unique(groups)) < 4 else groups


def _items(cells, y, labeled):
    """Columns, or beginnings of the names of files, each value of which is of one thing: codes and a note."""
    for each in cells:
        codes, what = each.codes, f"several rows have the same {each.name!r}"
        advice = f"type --group-column {each.name}"
        if len(each.levels) > 0.9 * (codes >= 0).sum():
            codes, what = _beginnings(each), f"names in {each.name!r} share their beginnings"
            advice = "put these into a column, and type --group-column with its name"
        if codes is None or _is_measure(each):
            continue
        others = [other.numbers for other in cells if other is not each and other.numbers is not None]
        why = _never_cross(codes, labeled) or _of_one_thing(codes, y, labeled, others)
        if why:
            kept = f"{what}, and {why}: each is kept on one side; if they are of one thing, {advice}"
            yield codes[labeled], kept


def _is_measure(each):
    """Whether a column holds numbers with decimals."""
    return each.numbers is not None and bool((np.nan_to_num(each.numbers) % 1).any())


def _beginnings(each):
    """Codes (n,) of what file names have before their last number; None if they are no such names."""
    if each.levels.dtype.kind in "biufmM" or each.numbers is not None:
        return None
    sample = [str(name) for name in each.levels[:: max(1, len(each.levels) // 200)]]
    if np.mean([NUMBERED.search(name) is not None for name in sample]) < 0.8:  # a sample is sure
        return None
    names = pd.Series(np.asarray(each.levels, dtype=object).astype(str))
    if names.str.contains(NUMBERED).mean() < 0.95 or names.str.contains(r"\s").mean() > 0.1:
        return None
    begun = pd.factorize(names.str.replace(NUMBERED, "", regex=True))[0]
    return np.append(begun, -1)[each.codes]


def _never_cross(codes, labeled):
    """In words, that each value is labelled whole or not at all, if chance would not do so; or ""."""
    is_labeled = np.zeros(len(codes), dtype=bool)
    is_labeled[labeled] = True
    table = pd.crosstab(codes[codes >= 0], is_labeled[codes >= 0])
    if table.shape[1] < 2 or (table[True] > 0).sum() < 4 or ((table > 0).all(axis=1)).any():
        return ""
    share, sizes = is_labeled.mean(), table.sum(axis=1)
    chance = np.log(share**sizes + (1 - share) ** sizes).sum()
    return "each is labelled whole or not at all" if chance < np.log(RARE) else ""


def _of_one_thing(codes, y, labeled, numbers):
    """In words, that rows of one value have one label and are alike; or ""."""
    codes, y = codes[labeled], pd.factorize(y[labeled])[0]
    values = np.unique(codes[codes >= 0])
    if len(values) < 15 or (codes >= 0).sum() < 1.5 * len(values):
        return ""
    shares = np.bincount(y) / len(y)
    same = _same_within(codes, y)
    if same is None or same - (shares**2).sum() < 0.5 * (1 - (shares**2).sum()):
        return ""
    ratios = [_spread_within(codes, x) for x in numbers]
    alike = [ratio < 0.4 for ratio in ratios if ratio is not None]
    return "are alike and have the same label" if len(alike) > 2 and np.mean(alike) >= 0.5 else ""


def _same_within(codes, y):
    """The share of pairs of rows of one value that have one label; None without pairs."""
    table = pd.crosstab(codes[codes >= 0], y[codes >= 0]).to_numpy()
    pairs = (table.sum(axis=1) * (table.sum(axis=1) - 1)).sum()
    return None if pairs == 0 else (table * (table - 1)).sum() / pairs


def _spread_within(codes, x):
    """The variance of x (m,) among rows of one value, as a share of all of it; None if x is constant."""
    known = (codes >= 0) & np.isfinite(x)
    groups = pd.Series(x[known]).groupby(codes[known])
    total, free = np.var(x[known]) if known.any() else 0.0, known.sum() - groups.ngroups
    if total <= 0 or free < 10:
        return None
    return float(np.square(x[known] - groups.transform("mean").to_numpy()).sum() / free / total)


def _text_copies(cells, y, labeled):
    """Texts that say the same, or nearly so: codes and a note."""
    columns = [each.texts for each in cells if each.texts is not None]
    if not columns:
        return
    keys = np.array(
        [text_key(_unaccented(" ".join(parts))) for parts in zip(*columns, strict=True)], dtype=object
    )
    codes = np.where([_n_letters(key) >= LONG for key in keys], pd.factorize(keys)[0], -1)
    joined, words = codes, "say the same but for case, digits or marks"
    if len(labeled) <= MOST and len(near := _near_texts(keys)):
        both = _joined([codes, *near])
        if _copied(both) - _copied(codes) >= 0.3:
            joined, words = both, "say nearly the same"
    if (share := _copied(joined)) >= MATTERS:
        n = round(share * len(labeled))
        yield (
            joined,
            (
                f"{n} of {len(labeled)} labelled texts {words} as another: such copies are kept on one side; "
                "if they are of one thing, name it with --group-column"
            ),
        )


def _n_letters(text):
    return sum(map(str.isalpha, text))


def _copied(codes):
    """The share of rows that have another row of their code; -1 is none."""
    counts = np.bincount(codes[codes >= 0], minlength=1)
    return counts[counts > 1].sum() / len(codes)


def _unaccented(text):
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def _near_texts(keys):
    """Codes (m,), if any, of texts of 4 words or more that share nearly all that is rare."""
    rows = np.flatnonzero([len({*key.split()}) >= 4 for key in keys])
    if len(rows) < LEAST:
        return []
    try:
        A = TfidfVectorizer(token_pattern=r"\S+", binary=True, max_df=0.5).fit_transform(keys[rows]).tocsr()
    except ValueError:  # every word is in most of the texts
        return []
    pairs = []
    for block in blocks(len(rows), 500):
        near = (A[block] @ A.T).tocoo()
        kept = (near.data >= NEAR) & (near.row + block.start < near.col)
        pairs.append(np.stack([near.row[kept] + block.start, near.col[kept]]))
    first, second = np.hstack(pairs)
    found = connected_components(
        sparse.coo_array((np.ones(len(first)), (first, second)), shape=(len(rows),) * 2)
    )[1]
    sizes = np.bincount(found)
    codes = np.full(len(keys), -1)
    codes[rows] = np.where(sizes[found] > 1, found, -1)
    # a chain of texts that runs through the table is its language, and no copy
    return [] if sizes.max() > 0.1 * len(rows) and len(rows) > 50 else [codes]


def _row_copies(cells, y, labeled):
    """Rows equal in all cells, or all but one, if chance would not make them so: codes and a note."""
    if any(each.texts is not None for each in cells) or not 3 <= len(cells) <= 60:
        return
    table = np.stack([each.seen for each in cells], axis=1)
    subsets = [np.arange(len(cells)), *(np.delete(np.arange(len(cells)), j) for j in range(len(cells)))]
    for columns in subsets:
        part = table[:, columns]
        codes = np.unique(part, axis=0, return_inverse=True)[1].ravel()
        whole = len(columns) == len(cells)
        if _copied(codes) >= max(MATTERS, 5 / len(labeled)) and _by_no_chance(part, codes, whole):
            n = round(_copied(codes) * len(labeled))
            equal = "equal another" if whole else "equal another in all columns but one"
            yield (
                codes,
                (
                    f"{n} of {len(labeled)} labelled rows {equal}: such copies are kept on one side; if they "
                    "are of one thing, name it with --group-column"
                ),
            )
            return


def _near_copies(cells, y, labeled):
    """Rows whose numbers are nearly equal, where there are no texts: codes and a note."""
    if any(each.texts is not None for each in cells):
        return
    numbers = [each.numbers for each in cells if each.numbers is not None]
    many = [x for x in numbers if len(np.unique(x[np.isfinite(x)])) > max(FEW_VALUES, 0.05 * len(x))]
    if len(many) > 1 and (codes := near_rows(np.stack(many, axis=1))) is not None:
        yield codes, _near_note(codes, "rows")


def _near_note(codes, what):
    n = round(_copied(codes) * len(codes))
    return (
        f"{n} of {len(codes)} labelled {what} nearly equal another: such copies are kept on one side; "
        "if they are of one thing, name it with --group-column"
    )


def _by_no_chance(table, codes, whole):
    """Whether so many equal rows would not come about if each column drew its cells by itself.

    Columns that go together make more than independent ones would: asked for are many times as many pairs of
    equal rows, or, of parts of rows, that there should be none.
    """
    different_rows, sizes = np.unique(table, axis=0), np.bincount(codes)
    shares = [np.unique(column, return_counts=True)[1] / len(different_rows) for column in different_rows.T]
    by_chance = np.prod([(share**2).sum() for share in shares]) * len(table) ** 2 / 2
    return (sizes * (sizes - 1)).sum() / 2 >= 32 * by_chance if whole else by_chance <= 1 / 256


def _series(cells, y, labeled):
    """Rows whose labels and numbers change slowly, by a date or as they stand: codes of blocks and a note."""
    codes = pd.factorize(y[labeled])[0]
    numbers = [each.numbers for each in cells if each.numbers is not None]
    for each in cells:
        if len(each.levels) >= 0.5 * len(each.codes) and (times := _times(each)) is not None:
            order = np.argsort(times, kind="stable")
            others = [other.numbers for other in cells if other is not each]
            share = 0.5 if each.numbers is None else 0.75
            if _slow(codes[order], [x[order] for x in others if x is not None], share):
                yield _blocks(order), _series_note(f"by {each.name!r}", each.name)
                return
    is_sorted = any(len(np.unique(x)) > 5 and (np.diff(x) >= 0).all() for x in numbers)
    if not is_sorted and _slow(codes, numbers):
        yield _blocks(np.arange(len(labeled))), _series_note("as they stand in the table", "with their times")


def _times(each):
    """Dates, or whole numbers that all differ, as seconds or a counter, of the labelled rows; or None."""
    found = each.numbers
    if found is None:
        times, bad = as_times(each.seen_levels) if len(each.seen_levels) else (None, "")
        return None if bad is not None else np.append(times, np.inf)[each.seen]
    whole = np.isfinite(found).all() and not (found % 1).any() and len(each.levels) == len(each.codes)
    return found if whole else None


def _series_note(where, column):
    return (
        f"rows that follow one another, {where}, are alike and have the same label: blocks of them are kept "
        f"on one side; to test on later rows, type --time-column {column}"
    )


def _blocks(order):
    """Codes (m,) of N_BLOCKS blocks of rows in this order."""
    codes = np.empty(len(order), dtype=int)
    codes[order] = np.arange(len(order)) * N_BLOCKS // len(order)
    return codes


def _slow(codes, numbers, share=0.5):
    """Whether labels, and a share of the numbers, in rows of one label, change slowly for a random order."""
    shares = np.bincount(codes) / len(codes)
    expected, stays = (shares**2).sum(), (codes[1:] == codes[:-1])
    n_runs = 1 + (~stays).sum()
    surprise = (stays.mean() - expected) / np.sqrt(expected * (1 - expected) / len(stays))
    if surprise < 6 or n_runs <= len(shares):
        return False
    steps = [_step(x, codes, stays) for x in numbers]
    slow = [step < 0.4 for step in steps if step is not None]
    return len(slow) > 1 and np.mean(slow) >= share


def _step(x, codes, stays):
    """The mean square step of x (m,) between neighbours of one label, as a share of that between any two."""
    centred = x - pd.Series(x).groupby(codes).transform("mean").to_numpy()
    total = 2 * np.nanvar(centred) if np.isfinite(centred).any() else 0.0
    steps = np.square(np.diff(x)[stays])
    if total <= 0 or np.isfinite(steps).sum() < 20:
        return None
    return float(np.nanmean(steps) / total)
