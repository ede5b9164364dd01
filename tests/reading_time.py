"""How long does a notebook take to read, and how many numbers does it show? `python tests/reading_time.py`.

220 words a minute, 20 s a figure, 30 s a table, 8 s a line of code. Words and tables are those of the text
and of the outputs; numbers are those of the outputs alone.
"""

import json
import re
import sys
from pathlib import Path

NUMBER = re.compile(r"(?<![\w.])[-+−]?\d[\d,]*(?:\.\d+)?")
NOTEBOOKS = Path(__file__).parents[1] / "notebooks"


def shown(output):
    """(kind, text) of an output: "figure", "table" or "text"."""
    data = {kind: "".join(text) for kind, text in output.get("data", {}).items()}
    if "image/png" in data:
        return "figure", ""
    if "<table" in data.get("text/html", ""):
        return "table", re.sub(r"<[^>]+>", " ", data["text/html"])
    if "text/html" in data:  # an empty progress bar
        return "text", re.sub(r"<[^>]+>", " ", data["text/html"])
    return "text", "".join(output.get("text", "")) or data.get("text/markdown") or data.get("text/plain", "")


def cut(text):
    """A text without its Markdown tables, and these."""
    blocks = re.split(r"((?:^\|.*\n?)+)", text, flags=re.MULTILINE)
    return " ".join(blocks[::2]), blocks[1::2]


def measure(path):
    """What a notebook asks of its reader, as a dict of numbers."""
    cells = json.loads(Path(path).read_text(encoding="utf-8"))["cells"]
    typed = [cut("".join(cell["source"])) for cell in cells if cell["cell_type"] == "markdown"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    outputs = [shown(output) for cell in code for output in cell["outputs"]]
    written = [cut(text) for kind, text in outputs if kind == "text"]
    tables = [text for kind, text in outputs if kind == "table"] + [t for _, found in written for t in found]
    lines = [len([line for line in "".join(cell["source"]).splitlines() if line.strip()]) for cell in code]
    words = sum(len(text.split()) for text, _ in typed + written)
    figures = sum(kind == "figure" for kind, _ in outputs)
    n_tables = len(tables) + sum(len(found) for _, found in typed)
    minutes = words / 220 + figures / 3 + n_tables / 2
    return dict(
        minutes=minutes + sum(lines) * 8 / 60,
        without_code=minutes,
        words=words,
        figures=figures,
        tables=n_tables,
        code_cells=len(lines),
        code_lines=sum(lines),
        mean_lines=sum(lines) / len(lines),
        most_lines=max(lines),
        numbers=sum(len(NUMBER.findall(text)) for text, _ in written),
        most_in_a_table=max([len(NUMBER.findall(text)) for text in tables], default=0),
    )


def main(paths):
    for path in paths or sorted(NOTEBOOKS.glob("*.ipynb")):
        print(Path(path).stem)
        for name, value in measure(path).items():
            print(f"  {name.replace('_', ' '):16} {value:8.1f}")


if __name__ == "__main__":
    main(sys.argv[1:])
