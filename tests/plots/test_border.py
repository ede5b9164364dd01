"""The border on a plane, and the moving picture made of several."""

import io

import numpy as np
import pytest
from PIL import Image
from sklearn.svm import SVC

import al_helpers as al
from active_learning.notebook import moving_picture

PLANE = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=float)
Y = np.array([0, 0, 1, 1])


def drawn():
    model = SVC(kernel="linear").fit(PLANE, Y)
    figure, ax = al.new_figure(figsize=(3, 3))
    return figure, al.plot_border(model, PLANE, Y, np.array([0, 2]), np.array([3]), ax)


def test_border_lies_where_the_model_changes_its_mind():
    _, ax = drawn()
    lines = [path for collection in ax.collections[:2] for path in collection.get_paths()]
    assert len(ax.collections) == 2 + 3 * 2  # the two areas and the line; for each class: all, first, asked
    border = lines[-1].vertices
    np.testing.assert_allclose(border[:, 0], 0.5, atol=0.01)


def test_border_rings_the_labels_that_were_asked_for():
    _, ax = drawn()
    sizes = [len(marks.get_offsets()) for marks in ax.collections[2:]]
    assert sizes == [2, 1, 0, 2, 1, 1]


def test_moving_picture_is_the_same_bytes_at_every_run_and_holds_every_frame():
    def frames():
        for height in (0.2, 0.5, 0.8):
            figure, ax = al.new_figure(figsize=(2, 2))
            ax.axhline(height, color="red")
            yield figure

    first, again = moving_picture(frames()), moving_picture(frames(), pause=0.6)
    assert first == again
    with Image.open(io.BytesIO(first)) as picture:
        assert (picture.n_frames, picture.info["loop"]) == (3, 0)
    assert moving_picture(frames(), last=9) != first


def test_moving_picture_needs_a_figure():
    with pytest.raises(ValueError, match="at least one figure"):
        moving_picture([])
