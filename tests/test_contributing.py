"""CONTRIBUTING's edits, made one by one in a copy of the package, add what they say."""

import ast
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / ".github" / "CONTRIBUTING.md").read_text(encoding="utf-8")
EDIT = re.compile(r"^\d\. In `(?P<path>[^`]+)`,(?P<where>.*?)```python\n(?P<code>.*?)   ```", re.M | re.S)

STUDY = "curves = al.run_study(al.load_dataset('iris'), {0}, n_splits=2, budget=20, n_jobs=1, model={1})\n"
USE = {
    "query rule": STUDY.format("['random', 'least_probable']", None)
    + "assert set(curves['strategy']) == {'random', 'least_probable'}\n"
    "assert style.color_of('least_probable') == '#2ca02c'\n"
    "assert 'least_probable' in build_parser().format_help().replace('\\n', '')\n",
    "data set": "assert al.load_dataset('rings').X.shape == (400, 2)\n"
    "assert 'rings' in build_parser().format_help()\n"
    "assert '2 rings' in al.DESCRIPTIONS['rings']\n",
    "classifier": STUDY.format("'random'", "'nearest_mean'")
    + "assert 'nearest_mean' in build_parser().format_help()\n",
    "plot": STUDY.format("['random', 'margin']", None)
    + "assert len(al.plot_last_scores(curves).get_lines()) == 2\n",
}


def section(kind):
    """CONTRIBUTING's text on how to add one."""
    return re.search(rf"^## Add a {kind}\n(.*?)(?=^## |\Z)", TEXT, re.M | re.S)[1]


def edit(copy, path, where, code):
    """Put the code at the end of the collection that the text names, or else of the file."""
    file, code = copy / path, textwrap.dedent(code)
    lines = file.read_text().splitlines(keepends=True)
    if named := re.search(r"at the end of\s+`(\w+)`", where):
        node = next(
            node
            for node in ast.parse("".join(lines)).body
            if isinstance(node, ast.Assign) and node.targets[0].id == named[1]
        )
        row, column = node.value.end_lineno - 1, node.value.end_col_offset - 1
        before, after = lines[row][:column].rstrip(), lines[row][column:]
        comma = "," if before and not before.endswith(("(", "[", "{", ",")) else ""
        lines[row] = f"{before}{comma}\n    {code.strip()},\n{after}"
    elif "import" in where:
        lines.insert(lines.index("# fmt: on\n"), f"{code}\n")
    else:
        lines.append(f"\n\n{code}")
    file.write_text("".join(lines))


def test_adding_takes_at_most_three_edits_and_those_work(tmp_path):
    """One of each kind is added to the same copy, and used in one process."""
    shutil.copytree(ROOT / "active_learning", tmp_path / "active_learning")
    shutil.copy(ROOT / "al_helpers.py", tmp_path)
    for kind in USE:
        edits = [match.groupdict() for match in EDIT.finditer(section(kind))]
        assert 1 <= len(edits) <= 3, kind
        for each in edits:
            edit(tmp_path, **each)
    code = "import matplotlib; matplotlib.use('Agg'); import al_helpers as al\n"
    code += "from active_learning.cli.parser import build_parser\n"
    code += "from active_learning.plots import style\n" + "".join(USE.values())
    code += f"assert al.__file__.startswith({str(tmp_path)!r})\n"
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr


def test_contributing_names_tools_that_exist():
    environments = set(re.findall(r"^\[tool\.tox\.env\.(\w+)\]", (ROOT / "pyproject.toml").read_text(), re.M))
    named = {name for names in re.findall(r"tox run -e ([\w,]+)", TEXT) for name in names.split(",")}
    assert named == environments | {"newest"}
