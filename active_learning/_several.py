"""Labels that name several classes at once, as comedy|drama, or that are a printed list.

Not here: marks that mean "no label", and where labels come from (tables, datasets).
"""

import ast
import json
import re
import unicodedata
from collections import Counter

SEPARATORS = "|", ";", ",", "#", "\n", "\t", "、", "；", "，", "｜", "<br>", "\\n"  # between labels of a row
EITHER = "/", " and ", " or ", " & ", "&", "+", "^", "\\", ":"  # which stand in few names of classes
JOINTS = " - ", "_", " "  # and in many
BRACKETS = {"[": "]", "{": "}", "(": ")"}
PARTED = (*SEPARATORS, *EITHER, *JOINTS, *BRACKETS)
BITS = re.compile(r"[\[(]?\s*[01](?:[\s,;]+[01])+\s*[\])]?")
LISTED = re.compile(r"""[\[({]?\s*(['"])(.*)\1\s*[\])}]?""")  # one label of a printed list: 'a' of ['a', 'b']
CALLED = re.compile(r"\b[\w.]+\((?=.*\))")  # array( of a printed array
TYPED = re.compile(r",?\s*dtype=[^)\]]+")


def several_labels(labels, others=()):
    """Labels that name several classes per row, or are lists of what is not a class; none if all are classes.

    They do if their parts occur again, in other combinations or alone; if all their parts are classes of
    their own, whatever joins them; and if they are vectors of bits, printed lists beside others, or JSON.

    Parameters
    ----------
    labels : sequence of str
    others : sequence of str
        Further classes, that were declared.

    Returns
    -------
    list of str

    Examples
    --------
    >>> several_labels(["cat", "dog", "cat|dog", "[0 1 1]"])
    ['[0 1 1]']
    >>> several_labels(["cat", "dog", "cat|dog"])
    ['cat|dog']
    """
    labels = [label for label in dict.fromkeys(labels) if label is not None]
    everything = [*dict.fromkeys([*labels, *others])]
    bits = [label for label in everything if BITS.fullmatch(label)]
    if labels and len(bits) == len(everything):
        one_hot = all(label.count("1") == 1 for label in everything) and len({*map(len, everything)}) == 1
        return [] if one_hot else labels  # a class each
    compound = [label for label in labels if any(part in label.strip() for part in PARTED)]
    if not compound:
        return []
    printed = {label: found for label in everything if (found := _printed(label)) is not None}
    several = [label for label in labels if _holds_several(label)] or _lists(labels, everything, printed)
    return several or _recurring(labels, everything, printed) or _joined(labels, everything)


def _printed(label):
    """The members of a printed list, tuple, set, array or dict; None if a label is none of these."""
    text = TYPED.sub("", CALLED.sub("(", label.strip()))
    if not text or text[-1] != BRACKETS.get(text[0]):
        return None
    text = re.sub(r"(['\"])\s+(?=['\"])", r"\1, ", text)
    text = re.sub(r"(?<=[\d.])\s+(?=[-\d])", ", ", text)
    for read in (ast.literal_eval, json.loads):
        try:
            found = read(text)
        except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
            continue
        while isinstance(found, (list, tuple)) and len(found) == 1 and isinstance(found[0], (list, tuple)):
            found = found[0]
        return [*found] if isinstance(found, (list, tuple, set, dict)) else None
    return None


def _lists(labels, everything, printed):
    """The printed lists of two or more, if other labels are none; ranges in a row are classes."""
    long = [label for label in everything if len(printed.get(label, ())) > 1]
    ends = [[*map(float, printed[label])] for label in long if _are_numbers(printed[label])]
    follows = {end[0] for end in ends if len(end) == 2} & {end[1] for end in ends if len(end) == 2}
    if len(printed) == len(everything) or (follows and len(ends) == len(long)):
        return []
    bits = [label for label in labels if BITS.fullmatch(label) and len(re.findall(r"\d", label)) > 2]
    return [*dict.fromkeys([*(label for label in labels if label in long), *bits])]


def _are_numbers(members):
    return all(isinstance(x, (int, float)) and not isinstance(x, bool) for x in members)


def _holds_several(label):
    """Whether a label is JSON with a list of several in it, or of what is not a name."""
    if label.strip()[:1] not in ("{", "["):
        return False
    try:
        found = [json.loads(label)]
    except (ValueError, RecursionError):
        return False
    nested = isinstance(found[0], dict)
    for value in found:  # which grows
        parts = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
        nested |= any(isinstance(part, dict) for part in parts)
        if nested and isinstance(value, list) and len(value) > 1:
            return True
        found += parts
    return nested and any(isinstance(value, dict) for value in found[1:])


def _parts(label, separator):
    """The different parts of a label, without quotes and the brackets around them."""
    text = label.strip()
    if text and text[-1] == BRACKETS.get(text[0]):
        text = text[1:-1]
    parts = [LISTED.sub(r"\2", part.strip()) for part in text.split(separator)]
    return {*filter(None, parts)} if len(parts) > 1 else {*parts}


def _recurring(labels, everything, printed):
    """The labels with parts between SEPARATORS that occur again; none if they could be classes."""
    for separator in (*SEPARATORS, None):
        if separator is None:  # 'a' 'b' of a printed array
            parts = {label: {*map(str, printed.get(label, [label]))} for label in everything}
        else:
            parts = {label: _parts(label, separator) for label in everything}
        several = [label for label in labels if len(parts[label]) > 1]
        counts = Counter(part for label in everything for part in parts[label])
        again = [label for label in several if all(counts[part] > 1 for part in parts[label])]
        if len(again) >= max(1, len(several) / 2) and len(counts) <= len(everything):
            return again
    return []


def _joined(labels, everything):
    """The labels all parts of which are classes too, and most of those with such a joint: two of JOINTS."""
    alone = {*map(_loosely, everything)}
    for joint in (*EITHER, *JOINTS):
        parts = {label: _parts(_loosely(label), joint) for label in labels if joint in _loosely(label)}
        joined = [label for label in parts if len(parts[label]) > 1 and parts[label] <= alone]
        if len(joined) >= max(1 + (joint in JOINTS), len(parts) / 2):
            return joined
    return []


def _loosely(label):
    return re.sub(r"\s+", " ", unicodedata.normalize("NFC", label)).casefold().strip()
