"""The README repeats the report: its table, its commands and its links must be the real ones."""

import json
import re
from pathlib import Path

import pytest

from active_learning.cli.parser import COMMANDS, build_parser, command_parser

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def report_tables():
    cells = json.loads((ROOT / "notebooks/2_label_efficiency.ipynb").read_text(encoding="utf-8"))["cells"]
    outputs = [output for cell in cells for output in cell.get("outputs", []) if "data" in output]
    return ["".join(output["data"].get("text/plain", "")) for output in outputs]


def test_readme_tables_are_the_reports():
    tables = re.findall(r"```\n(.*?)\n```", README, flags=re.DOTALL)
    tables = [table for table in tables if table.startswith(("strategy ", "rule "))]
    assert len(tables) == 2 and not set(tables) - set(report_tables())


@pytest.mark.parametrize("path", re.findall(r"\]\(([^)]+)\)", README))
def test_readme_links_lead_somewhere(path):
    assert (ROOT / path).exists()


def test_readme_names_options_that_exist():
    parsers = [build_parser(), *map(command_parser, COMMANDS)]
    options = {option for parser in parsers for action in parser._actions for option in action.option_strings}
    named = re.findall(r"(?<=[ `])--[a-z-]+", " ".join(re.findall(r"[^\n]*active-learning [^\n]*", README)))
    assert named and set(named) <= options


def test_both_commands_do_their_whole_set_up():
    commands = re.findall(r"^python3 -m venv .*", README, flags=re.MULTILINE)
    assert len(commands) == 2 and all("pip install" in command for command in commands)
    assert commands[0].endswith("active-learning") and "pytest --nbval" in commands[1]
