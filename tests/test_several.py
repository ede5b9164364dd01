"""Labels that name several classes are told from classes whose names look alike."""

import pytest

from active_learning._several import several_labels

CELLS = [
    "[0 1 1]",
    "0,1,1",
    "('cat', 'dog')",
    "['cat' 'dog']",
    "array(['cat', 'dog'])",
    "{'cat': 1, 'dog': 0}",
]
CELLS += [
    '{"cat": true, "dog": false}',
    "[np.str_('cat'), np.str_('dog')]",
    "cat||dog",
    "cat;;dog;",
    "Cat AND Dog",
]
CELLS += [
    "cat/dog",
    "cat+dog",
    "cat & dog",
    "cat^dog",
    "cat:dog",
    "cat\\dog",
    "cat｜dog",
    '{"choices": ["cat", "dog"]}',
]


@pytest.mark.parametrize("cell", CELLS)
def test_one_cell_of_several_classes_beside_these_is_found(cell):
    assert several_labels(["cat", "dog", cell]) == [cell]
    assert several_labels(["cat", "dog"], others=[cell]) == []  # declared


@pytest.mark.parametrize(
    "labels",
    [
        ["Pants/Shorts", "T-shirt", "Shoes & Bags"],
        ["C++", "C#", "F#"],
        ["18-25", "26-35", "36+"],
        ["[0, 5)", "[5, 9)", "[9, inf)"],
        ["(0, 10)", "(10, 20)", "more"],
        ["card_arrival", "card_linking", "arrival", "card"],
        ["[1 0 0]", "[0 1 0]", "[0 0 1]"],
        ["['cat']", "['dog']"],
        ["Science and Tech", "World, Politics", "Sports"],
    ],
)
def test_names_ranges_and_one_hot_vectors_are_classes(labels):
    assert several_labels(labels) == []
