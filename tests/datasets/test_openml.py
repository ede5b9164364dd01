"""openml:NAME, offline: a stored response stands in for the network."""

import hashlib
import io
import json
import socket
from urllib.error import HTTPError, URLError

import numpy as np
import pytest
from sklearn.datasets import _openml

import al_helpers as al
from active_learning.cli.main import main

ARFF = """@RELATION pets
@ATTRIBUTE weight NUMERIC
@ATTRIBUTE colour {black,white}
@ATTRIBUTE name STRING
@ATTRIBUTE age INTEGER
@ATTRIBUTE kind {cat,dog}
@DATA
1,black,Ada,1,cat
3,?,Bob,2,dog
?,white,Cid,3,cat
5,white,Dot,4,dog
1,black,Eve,5,cat
"""
ONLY_NAMES = "@RELATION pets\n@ATTRIBUTE name STRING\n@DATA\na\nb\n"
KINDS = dict(weight="numeric", colour="nominal", name="string", age="numeric", kind="nominal")


def answers(arff=ARFF, kinds=KINDS, target=("kind",), **missing):
    """What openml.org would say about its one table, by the end of the address."""
    features = [
        {"index": str(i), "name": name, "data_type": kind, "is_target": str(name in target).lower()}
        | {
            "is_ignore": "false",
            "is_row_identifier": "false",
            "number_of_missing_values": missing.get(name, "0"),
        }
        for i, (name, kind) in enumerate(kinds.items())
    ]
    described = {"id": "7", "name": "pets", "version": "1", "format": "ARFF", "status": "active"}
    described |= {"description": "", "url": "https://www.openml.org/data/v1/download/7/pets.arff"}
    described["md5_checksum"] = hashlib.md5(arff.encode()).hexdigest()
    found = {"data": {"dataset": [{"did": 7, "name": "pets", "version": 1, "status": "active"}]}}
    return {
        "data_name/pets/limit/2/status/active/": json.dumps(found),
        "data_name/pets/limit/2/data_version/1": json.dumps(found),
        "json/data/7": json.dumps({"data_set_description": described}),
        "features/7": json.dumps({"data_features": {"feature": features}}),
        "qualities/7": json.dumps({"data_qualities": {"quality": []}}),
        "7/pets.arff": arff,
    }


class Response(io.BytesIO):
    def info(self):
        return {}


@pytest.fixture
def openml(monkeypatch, tmp_path):
    """Serve a stored response; returns how to replace it, and the addresses that were asked for."""
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path))
    asked, stored = [], {}

    def urlopen(request, **_):
        asked.append(request.full_url)
        for end, text in stored.items():
            if request.full_url.endswith(end):
                return Response(text.encode())
        raise HTTPError(request.full_url, 412, "no such table", {}, None)

    monkeypatch.setattr(_openml, "urlopen", urlopen)
    stored.update(answers())
    return lambda **changed: stored.update(answers(**changed)) or asked


def test_a_table_becomes_scaled_numbers_and_levels(openml):
    pets = al.load_dataset("openml:pets")
    assert pets.name == "openml:pets" and pets.y.tolist() == ["cat", "dog", "cat", "dog", "cat"]
    weight = np.array([1, 3, 2, 5, 1])  # the median of 1, 3, 5, 1 is 2
    np.testing.assert_allclose(pets.X[:, 0], (weight - weight.mean()) / weight.std())
    levels = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 1], [1, 0, 0]]  # black, missing, white
    assert pets.X[:, 2:].tolist() == levels  # column 1: age; the names differ in every row and are left out


def test_a_table_is_downloaded_once(openml):
    asked = openml()
    first = al.load_dataset("openml:pets")
    before = len(asked)
    again = al.load_dataset("openml:pets")
    assert before == len(asked) == 5 and np.array_equal(first.X, again.X)


@pytest.mark.parametrize("name", ["openml:pets@1", "openml:7", "openml:PETS"])
def test_a_version_an_id_and_capitals_find_the_same_table(openml, name):
    assert np.array_equal(al.load_dataset(name).X, al.load_dataset("openml:pets").X)


def test_levels_may_be_called_by_numbers(openml):
    openml(arff=ARFF.replace("black", "0").replace("white", "1"))
    assert al.load_dataset("openml:pets").X[:, 2:].sum(axis=0).tolist() == [2, 2, 1]


def test_another_column_can_be_the_target(openml):
    openml(arff=ARFF.replace("?,Bob", "black,Bob"))
    pets = al.load_dataset("openml:pets", target="colour")
    assert pets.y.tolist() == ["black", "black", "white", "white", "black"]


@pytest.mark.parametrize(
    ("name", "settings", "changed", "said"),
    [
        ("dogs", {}, {}, "openml:dogs: No active dataset dogs found"),
        ("pets@3", {}, {}, "openml:pets@3: Dataset pets with version 3 not found"),
        ("pets", {"target": "price"}, {}, "openml:pets: Could not find target_column='price'"),
        ("pets", {"target": "colour"}, {"colour": "1"}, "Target column 'colour' has 1 missing values$"),
        ("pets", {}, {"target": ()}, "has no column of labels.*'weight'"),
        ("pets", {}, {"target": ("kind", "colour")}, "has 2 columns of labels"),
        ("pets", {}, {"target": ("weight",), "arff": ARFF.replace("3,?", "3.5,?")}, "'weight' is a quantity"),
        ("pets", {}, {"target": ("name",), "kinds": {"name": "string"}, "arff": ONLY_NAMES}, "no column to"),
        ("", {}, {}, "openml: names no table"),
        ("two words", {}, {}, "openml:two words names no table"),
        ("pets@new", {}, {}, "openml:pets@new names no table"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_said_in_one_sentence(openml, name, settings, changed, said):
    openml(**changed)
    with pytest.raises(ValueError, match=said) as caught:
        al.load_dataset(f"openml:{name}", **settings)
    assert "\n" not in str(caught.value)


def test_whole_numbers_with_many_values_are_a_quantity_and_with_few_are_classes(openml):
    rows = "\n".join(f"{i % 3},{i}" for i in range(60))
    arff = f"@RELATION pets\n@ATTRIBUTE few NUMERIC\n@ATTRIBUTE many NUMERIC\n@DATA\n{rows}\n"
    openml(arff=arff, kinds=dict(few="numeric", many="numeric"), target=("many",))
    with pytest.raises(ValueError, match="'many' is a quantity such as 0"):
        al.load_dataset("openml:pets")
    assert np.unique(al.load_dataset("openml:pets", target="few").y).tolist() == [0, 1, 2]


def test_without_a_network_one_sentence_says_so(monkeypatch, tmp_path, capsys, recwarn):
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path))

    def refuse(*_, **__):
        raise OSError("networking is off")

    for name in ("getaddrinfo", "create_connection"):
        monkeypatch.setattr(socket, name, refuse)
    with pytest.raises(
        OSError, match=r"openml:iris could not be had from openml\.org .*off.*needs a network"
    ):
        al.load_dataset("openml:iris")
    assert not isinstance(refuse, URLError) and len(recwarn) == 0
    with pytest.raises(SystemExit) as ended:
        main(["--dataset", "openml:iris"])
    err = capsys.readouterr().err
    assert ended.value.code == 2 and err.count("\n") == 1 and "needs a network" in err


def test_the_command_measures_a_table_of_openml(openml, capsys):
    rows = "\n".join(f"{i % 2 + i / 99},{'ab'[i % 2]}" for i in range(90))
    arff = f"@RELATION pets\n@ATTRIBUTE size NUMERIC\n@ATTRIBUTE kind {{a,b}}\n@DATA\n{rows}\n"
    openml(arff=arff, kinds=dict(size="numeric", kind="nominal"))
    assert main(["--dataset", "openml:pets", "--splits", "2", "--budget", "14", "--jobs", "1"]) == 0
    assert capsys.readouterr().out.startswith("openml:pets: 90 rows x 1 columns, 2 classes")
