"""Claims about the look that all figures share."""

import al_helpers as al


def test_titles_break_lines_but_never_an_interval():
    _, ax = al.new_figure()
    for length in range(40, 70):
        al.title(ax, f"{'m' * length} saves 50 [50, 50] labels in large batches", "100 splits")
        lines = ax.get_title(loc="left").split("\n")
        assert len(lines) > 2 and any("50\xa0[50,\xa050]" in line for line in lines)
