"""Claims about the bar that shows how far along a study is."""

import io
import sys

import nbformat
import pytest

import al_helpers as al
from active_learning import _progress as progress

SMALL = dict(n_splits=3, batch=5, budget=21, n_jobs=1)


class Screen(io.StringIO):
    def __init__(self, tty):
        super().__init__()
        self.tty = tty

    def isatty(self):
        return self.tty


def test_progress_draws_a_bar_on_a_terminal_and_wipes_it(iris, monkeypatch):
    monkeypatch.setattr(sys, "stderr", screen := Screen(tty=True))
    al.run_study(iris, "random", **SMALL)
    drawn = screen.getvalue()
    assert "1/3" in drawn and "3/3" in drawn
    assert drawn.endswith("\r\x1b[K") and "\n" not in drawn


def test_progress_draws_nothing_in_a_pipe(iris, capsys, monkeypatch):
    monkeypatch.setattr(sys, "stderr", screen := Screen(tty=False))
    al.run_study(iris, "random", **SMALL)
    assert screen.getvalue() == "" == capsys.readouterr().out


def test_progress_wipes_its_bar_when_a_run_fails(monkeypatch):
    monkeypatch.setattr(sys, "stderr", screen := Screen(tty=True))

    def items():
        yield 1
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        list(progress.progress(items(), 2))
    assert screen.getvalue().endswith("\r\x1b[K")


def test_progress_in_a_notebook_ends_empty(monkeypatch):
    pytest.importorskip("IPython")
    import IPython.display

    shown = []

    class Handle:
        def update(self, html):
            shown.append(html.data)

    monkeypatch.setattr(progress, "_in_notebook", lambda: True)
    monkeypatch.setattr(progress, "EVERY", 0.0)
    monkeypatch.setattr(IPython.display, "display", lambda *_, **__: Handle())
    assert list(progress.progress(iter("abc"), 3)) == list("abc")
    assert any("2/3" in html for html in shown[:-1])
    assert shown[-1] == ""


def test_progress_shows_few_updates_of_many_quick_runs(monkeypatch):
    monkeypatch.setattr(sys, "stderr", screen := Screen(tty=True))
    list(progress.progress(range(5000), 5000))
    assert 2 <= screen.getvalue().count("runs") < 10
    assert "1/5000" in screen.getvalue() and "5000/5000" in screen.getvalue()


def test_all_studies_of_a_cell_share_one_place_for_their_bars(monkeypatch):
    """Each place that a page keeps leaves a blank line in the classic template."""
    pytest.importorskip("IPython")
    import IPython.display

    places, cells = [], iter("aaab")

    class Handle:
        def update(self, html):
            pass

    monkeypatch.setattr(progress, "_in_notebook", lambda: True)
    monkeypatch.setattr(progress, "HANDLE", {})
    monkeypatch.setattr(progress, "_cell", lambda: next(cells))
    monkeypatch.setattr(IPython.display, "display", lambda *_, **__: places.append(1) or Handle())
    for expected in (1, 1, 1, 2):
        list(progress.progress("ab", 2))
        assert len(places) == expected


def test_a_kernel_tells_its_cells_apart_even_without_a_history(tmp_path):
    """As nbval runs them: the number of the cell stands still."""
    pytest.importorskip("ipykernel")
    from nbclient import NotebookClient

    code = "from active_learning._progress import progress\n"
    code += "for _ in range(2):\n    list(progress('ab', 2))"
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code) for _ in range(2)])
    client = NotebookClient(book, kernel_name="python3", timeout=120)
    with client.setup_kernel():
        for index, cell in enumerate(book.cells):
            client.execute_cell(cell, index, store_history=False)
    assert [len(cell.outputs) for cell in book.cells] == [1, 1]
