"""Claims about the data files of backtests: they are whole, follow from the counts, and are packed."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from benchmarks import forecast as script
from benchmarks import stop_rules

import al_helpers as al
from active_learning.datasets.bundled import DATASETS
from active_learning.forecast import backtest
from active_learning.forecast.backtest import calibration_table, stop_table
from active_learning.forecast.forecast import (
    LEVELS,
    RATIOS,
    STAGES,
    error_quantiles,
    error_tables,
    read_results,
)

FOLDER = Path(backtest.__file__).parent
COVERAGE = read_results("coverage.csv")


def test_every_table_of_errors_is_whole_and_in_order():
    rows = read_results("calibration.csv")
    cells = rows.groupby(["what", "labelled_by", "rule"])[["labels", "ratio"]]
    by_hand = [[stage, ratio] for stage in STAGES for ratio in RATIOS]
    assert len(cells) == 10 and all(cell.to_numpy().tolist() == by_hand for _, cell in cells)
    for table in error_tables().values():
        assert table.shape == (len(STAGES), len(RATIOS), len(LEVELS)) and (np.diff(table, axis=2) >= 0).all()


def test_error_quantiles_lie_between_the_stages_and_ratios_and_stop_at_the_last():
    table = error_tables()["score", "random", "random"]
    at = error_quantiles("score", "random", "random", 100, [100, 150, 100 * 99])
    np.testing.assert_allclose(at.T, table[2][[0, 1, 3]])
    between = error_quantiles("score", "random", "random", 77, [77])[:, 0]
    share = np.log(77 / 60) / np.log(100 / 60)
    np.testing.assert_allclose(between, table[1, 0] + share * (table[2, 0] - table[1, 0]))


def test_the_counts_are_possible():
    for row in COVERAGE.to_dict("records"):
        assert row["labels"] in STAGES and row["within 25%"] <= row["replays"]
        assert row["labels 80%"] <= row["labels 95%"] <= row["replays"]
        assert row["score 80%"] <= row["score 95%"] <= row["replays"]
        assert row["said 80%"] <= min(row["labels 80%"], row["replays"] - row["too early"])
        assert row["forecast/truth"] > 0  # inf: not in sight


def test_a_row_of_the_calibration_table_is_its_counts_share():
    counts = COVERAGE.iloc[0]
    row = calibration_table().loc[counts["data"], counts["labels"]]
    assert row["labels 80%"] == pytest.approx(100 * counts["labels 80%"] / counts["replays"])
    spoken = counts["replays"] - counts["too early"]
    assert row["said 80%"] == pytest.approx(100 * counts["said 80%"] / spoken)
    assert row["forecast/truth"] == counts["forecast/truth"]


def test_the_script_writes_the_counts_that_the_calibration_table_comes_from():
    pd.testing.assert_frame_equal(script.counted(calibration_table()), COVERAGE, check_dtype=False)


def test_the_table_of_all_data_sets_weighs_every_replay_alike():
    by_data, whole = calibration_table(), calibration_table(["labels"])
    for labels, row in whole.iterrows():
        part = by_data.xs(labels, level="labels")
        assert row["replays"] == part["replays"].sum()
        assert row["labels 80%"] == pytest.approx(np.average(part["labels 80%"], weights=part["replays"]))


def test_every_stop_rule_stands_in_the_table_once_a_data_set():
    table = stop_table()
    assert not table.duplicated(["data", "rule"]).any()
    assert set(table["rule"]) == set(stop_rules.CANDIDATES) and set(table["data"]) == set(DATASETS)
    assert (table.groupby("data").size() == len(stop_rules.CANDIDATES)).all()
    shares = table[["score", "missed", "missed_anyway", "never"]]
    assert shares.min().min() >= 0 and shares.max().max() <= 1
    assert (np.isinf(table["stopped"]) == (table["never"] > 0.5)).all()


def test_a_change_of_a_table_changes_no_later_one():
    table = stop_table()
    table.loc[:, "data"] = "x"
    assert stop_table()["data"].nunique() == len(DATASETS)


def test_the_package_holds_the_data_files():
    root = Path(al.__file__).parent
    patterns = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]
    packed = {
        path for folder, globs in patterns.items() for glob in globs for path in packages(root, folder, glob)
    }
    assert {FOLDER / name for name in ("calibration.csv", "coverage.csv", "stop_rules.csv")} <= packed


def packages(root, package, pattern):
    """The files that a pattern of package-data takes in; package: a dotted name, or * for all."""
    folder = root / package.replace(".", "/") if package != "*" else root / "active_learning"
    return folder.glob(pattern) if package != "*" else folder.rglob(pattern)


def test_the_data_files_are_read_from_an_archive(tmp_path):
    """As workers of a cluster get the package."""
    archive = shutil.make_archive(str(tmp_path / "package"), "zip", FOLDER.parents[1], "active_learning")
    code = f"import sys; sys.path.insert(0, {archive!r}); import active_learning.forecast.forecast as f; "
    code += "print(f.__file__, len(f.error_tables()))"
    run = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, cwd=tmp_path)
    assert run.stdout.split() == [f"{archive}/active_learning/forecast/forecast.py", "10"], run.stderr
