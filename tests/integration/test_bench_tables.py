"""Claims about the bench of tables: one line per table, failures too; both loops run on the same rows."""

import json

import numpy as np
import pandas as pd
import pytest
from benchmarks.tables import counted, curve_by_hand, features_by_hand, main
from examples import WORDS, said_in, write

import al_helpers as al


def mixed(n=130):
    """Numbers with a missing one, and levels; both speak of the label."""
    rng = np.random.default_rng(0)
    y = np.arange(n) % 2
    size = [*(rng.normal(size=n - 1) + y[1:]).round(2), " "][::-1]
    return pd.DataFrame({"size": size, "level": np.where(y + rng.normal(size=n) > 0.5, "a", "b"), "y": y})


def test_a_line_a_table_and_a_failure_is_a_line(tmp_path, capsys):
    texts, y = said_in(WORDS["Cyrillic"], n=130)
    pd.DataFrame({"key": range(130), "text": texts, "y": y}).to_csv(tmp_path / "texts.csv", index=False)
    mixed().to_csv(tmp_path / "mixed.csv", index=False)
    write(tmp_path / "broken.csv", "a,y\n1,2,3,4\n")
    rows = "file,label,id,drop\nbroken.csv,y,,\ntexts.csv,y,key,\nmixed.csv,y,,level\n"
    main(
        [
            str(tmp_path),
            str(write(tmp_path / "labels.csv", rows)),
            "--splits",
            "2",
            "--notes",
            "--save",
            str(tmp_path / "saved"),
        ]
    )
    out, err = capsys.readouterr()
    said = {line.split()[0]: line for line in out.splitlines() if not line.startswith(" ")}
    assert "broken.csv cannot be read as a table" in said["broken.csv"]
    assert "failed: " in said["broken.csv"] and "3/3 mixed.csv" in err
    for name in ("texts.csv", "mixed.csv"):
        assert said[name].split()[1:3] == ["130", "2"] and said[name].count("±") == 2 and "-" in said[name]
    assert "column 'text' is read as text" in out and "level" not in out
    assert out.splitlines()[-1].startswith("worse: ") or "splits, p =" in out.splitlines()[-1]
    assert [[*json.loads(line)] for line in (tmp_path / "saved").open()] == [[], []]  # no 100 labels to buy


def test_a_cell_is_worse_from_two_standard_errors_on_and_holm_allows_for_all():
    cells = {"even": [1.0, -1.0, 0.5, -0.5], "equal": [0.0] * 4, "better": [3.0, 3.1, 2.9, 3.0]}
    cells |= {"worse": [-1.0, -0.2, -0.9, -0.1], "far worse": [-3.0, -3.1, -2.9, -3.0]}
    first, *lines = counted(cells)
    assert first == "worse: 2 of 5 cells; after Holm 1 ['far worse']"
    assert [line.split(":")[0] for line in lines] == ["worse", "far worse"]


@pytest.mark.parametrize(
    "labels, options, message",
    [
        ("file,column\na.csv,y\n", [], "lacks label"),
        ("file,label\n", [], "names no table"),
        ("file,label\na.csv,y\n", ["--splits", "1"], "at least 2 for a standard error, got 1"),
        (None, [], "No such file"),
    ],
)
def test_what_the_bench_cannot_use_is_refused_in_one_line(tmp_path, capsys, labels, options, message):
    path = tmp_path / "labels.csv"
    if labels:
        write(path, labels)
    with pytest.raises(SystemExit) as stop:
        main([str(tmp_path), str(path), *options])
    assert stop.value.code == 2 and message in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main([str(path), str(path)])
    assert "is not a folder" in capsys.readouterr().err


def test_the_loop_by_hand_is_the_loop_of_the_project():
    """Fed the same features and classifier, chance included, so that a difference is one of these."""
    frame = mixed().astype(str)
    y, split = frame.pop("y").to_numpy(), al.split_dataset(mixed()["y"], random_state=0)
    X, model = features_by_hand(frame, np.sort(np.r_[split.seed, split.pool]))
    for rule in ("random", "margin"):
        by_hand = curve_by_hand(X, y, split, model, rule, np.random.default_rng(3), batch=5, budget=40)
        ours = al.run_loop(
            al.Dataset("t", X, y), split, rule, model=model, batch=5, budget=40, random_state=3
        )
        np.testing.assert_array_equal(by_hand, [ours.n_labels, ours.accuracy])
