"""The README repeats the report: its table, its commands and its links must be the real ones."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

import al_helpers as al
from active_learning.cli.main import main
from active_learning.cli.parser import COMMANDS, build_parser, command_parser
from active_learning.report.benchmark import flat_share

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def report_rows(columns=r"rule +labels to "):
    """rule -> cells of its row in the last of notebook 2's tables whose columns begin so."""
    cells = json.loads((ROOT / "notebooks/2_label_efficiency.ipynb").read_text(encoding="utf-8"))["cells"]
    outputs = [output for cell in cells for output in cell.get("outputs", []) if "data" in output]
    tables = ["".join(output["data"].get("text/plain", "")) for output in outputs]
    table = [table for table in tables if re.match(columns, table)][-1]
    rows = [re.split(r"  +", line.strip()) for line in table.split("\n")[1:]]
    return {row[0]: row[1:] for row in rows}


def readme_rows(first):
    """The rows of the README's table whose first column has that name, as tuples of cells."""
    blocks = re.findall(r"(?:^\|.*\n)+", README, flags=re.MULTILINE)
    tables = [block for block in blocks if block.startswith(f"| {first} ")]
    rows = [line for table in tables for line in table.splitlines() if not line.startswith("|---")]
    return [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in rows]


def test_readme_table_is_the_reports():
    """They agree on labels and savings; only the command counts ties, of whole batches."""
    header, *rows = readme_rows("strategy")
    assert header[:2] == ("strategy", "labels -> 90%") and len(rows) >= 5
    for rule, labels, saved, cost, _, final in rows:
        report_labels, report_saved, report_cost, report_final = report_rows()[rule]
        assert (labels, saved, final) == (report_labels, report_saved, report_final)
        if cost != "-":
            more, ties, share = map(int, re.findall(r"\d+", f"{cost} {report_cost}"))
            assert more <= share <= more + ties


@pytest.mark.slow
def test_readme_table_is_what_the_command_prints(capsys):
    assert main(["--jobs", "2"]) == 0
    lines = [re.split(r"  +", line) for line in capsys.readouterr().out.splitlines()]
    start = lines.index([*readme_rows("strategy")[0]])
    assert [tuple(line) for line in lines[start : start + 6]] == readme_rows("strategy")


def test_readme_table_of_data_sets_is_the_reports():
    rows = {rule: cells for rule, *cells in readme_rows("rule")[1:]}
    assert rows == report_rows("rule +100 labels are worth")


def test_readme_says_of_the_map_what_the_map_says():
    table = al.read_map()
    row = al.expect(table).query(
        "rule == @al.RECOMMENDED and classifier == 'logistic_regression' and batch == 10 and n == 100"
    )
    row = row[row["group"] == "all"].iloc[0]
    trees = "classifier == 'extra_trees' and batch == 10 and n == 100 and group == 'all'"
    fails = al.expect(table).query(trees).set_index("rule")["fewer"]
    assert fails["margin_random_2"] == fails["margin"]
    text = " ".join(README.split())
    for said in (
        f"with the rule `{al.RECOMMENDED}`",
        f"On {row['n_sets']} real data sets",
        f"are worth {100 * row['median']:.0f} random ones in the median",
        f"from {100 * row['low']:.0f} to more than the whole pool" if np.isinf(row["high"]) else "",
        f"on {flat_share(table, 100):.0%} of these sets at 100 labels",
        f"to {row['n_sets']} data sets",
        f"left out in turn, {row['covered']:.0%} ± {row['error']:.0%} of the sets did",
        f"With extra trees as the model, margin fails on {fails['margin']} sets, with or without random rows",
        f"and `{al.RECOMMENDED}` on none" if fails[al.RECOMMENDED] == 0 else "",
    ):
        assert said in text


def test_readme_is_short_and_its_commands_fit_the_page():
    assert len(README.splitlines()) <= 90
    code = re.findall(r"```sh\n(.*?)```", README, flags=re.DOTALL)
    assert max(len(line) for block in code for line in block.splitlines()) <= 105


@pytest.mark.parametrize("path", re.findall(r"\]\(([^)]+)\)", README))
def test_readme_links_lead_somewhere(path):
    assert (ROOT / path).exists()


def test_readme_names_options_that_exist():
    parsers = [build_parser(), *map(command_parser, COMMANDS)]
    options = {option for parser in parsers for action in parser._actions for option in action.option_strings}
    named = re.findall(r"(?<=[ `])--[a-z-]+", " ".join(re.findall(r"[^\n]*active-learning [^\n]*", README)))
    assert named and set(named) <= options


def test_both_commands_do_their_whole_set_up():
    commands = re.findall(r"```sh\n(python3 -m venv .*?)```", README, flags=re.DOTALL)
    assert len(commands) == 2 and all("pip install" in command for command in commands)
    assert commands[0].strip().endswith("active-learning") and "pytest --nbval" in commands[1]
    assert all(line.rstrip().endswith("&&") for line in commands[1].strip().splitlines()[:-1])  # one command
