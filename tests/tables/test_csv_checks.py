"""What a file looks like but does not say: rows that a stray quote swallows, a header that is none."""

import pandas as pd
import pytest

import al_helpers as al
from active_learning.tables.csv_checks import check_swallowed, lacks_header
from active_learning.tables.csv_file import read_csv


def text_of(folder, text):
    (folder / "t.csv").write_text(text, newline="")
    return read_csv(folder / "t.csv")


def test_two_stray_quotes_that_make_one_cell_of_three_rows_are_refused_with_their_lines(tmp_path):
    text = 'id,part,size,y\n1,bolt,1,a\n2,"3 inch pipe,2,b\n3,nut,5,a\n4,pipe 4",9,b\n5,nut,4,\n6,bolt,7,\n'
    with pytest.raises(ValueError, match="lines 3 to 5 one row"):
        check_swallowed(text_of(tmp_path, text))


def test_two_columns_are_enough_to_see_swallowed_rows(tmp_path):
    text = 'id,part\n1,bolt\n2,"3 inch pipe\n3,nut\n4,pipe 4"\n5,nut\n6,bolt\n'
    with pytest.raises(ValueError, match="lines 3 to 5 one row"):
        check_swallowed(text_of(tmp_path, text))


def test_a_table_of_texts_is_only_warned_about_and_letters_are_not(tmp_path):
    doubtful = 'part,kind,y\nbolt,x,a\n"pipe,x,b\nnut,z,a\npipe",x,b\nnut,x,\n'
    assert "line 3" in check_swallowed(text_of(tmp_path, doubtful))[0]
    letters = 'text,stars\n"Dear all, hello\nand, well, bye",3\n"Hi\n\nyou, there",5\nok,4\n'
    assert check_swallowed(text_of(tmp_path, letters)) == []
    assert check_swallowed(text_of(tmp_path, 'text,y\n"Great, \nno, ",\n"a",1\nb,2\nc,1\n')) == []


@pytest.mark.parametrize(
    "text, lacks",
    [
        ("1,3,a\n2,5,b\n3,9,a\n", True),
        ("ham,ok lar\nspam,free entry\nham,so long\n", True),
        ("2020-01-02,x,5\n2020-01-03,z,6\n2020-01-04,x,7\n", True),
        ("id,size,y\n1,3,a\n2,5,b\n", False),
        ("0,1,2\n1.5,2,3\n2.5,3,4\n", False),  # columns that are numbered
        ("kind,text\nham,ok lar\nspam,free entry\n", False),
    ],
)
def test_a_first_row_like_the_others_is_told_from_a_header(tmp_path, text, lacks):
    assert lacks_header(text_of(tmp_path, text)) is lacks


def test_a_file_without_a_header_is_refused_in_one_line_that_says_what_to_type(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("1,3,a\n2,5,b\n4,9,\n7,4,a\n")
    for label_column in ("y", "a"):  # the second is in the first row
        with pytest.raises(ValueError, match=r"type --no-header.*--label-column 3"):
            al.load_table(path, label_column)
    table = al.load_table(path, "3", header=False)
    assert table.frame.columns.tolist() == ["1", "2", "3"]
    assert table.y.tolist() == ["a", "b", None, "a"]


def test_a_named_column_whose_name_is_a_label_too_is_a_header(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("n,text,spam\n1,free entry,spam\n3,so long,ham\n7,hello,\n")
    assert al.load_table(path, "spam").y.tolist() == ["spam", "ham", None]


def test_a_wrong_name_of_a_column_is_no_matter_of_the_header(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("0,1,Lable\n1.5,3,a\n2.5,4,b\n")
    with pytest.raises(ValueError, match="no column 'label': did you mean 'Lable'"):
        al.load_table(path, "label")


@pytest.mark.parametrize("end", ["a", ""])
@pytest.mark.parametrize("header, sep", [("text", "\t"), ("text", ","), ("id\ttext", "\t")])
def test_two_stray_quotes_in_two_or_three_columns_are_refused(tmp_path, header, sep, end):
    lines = [f"word {i} and more{sep}{'ab'[i % 2] if i % 3 else end}" for i in range(60)]
    lines[20], lines[40] = f'"{lines[20]}', lines[40].replace(sep, f'"{sep}')
    lines = [f"r{i}\t{line}" for i, line in enumerate(lines)] if "id" in header else lines
    text = "\n".join([f"{header}{sep}label", *lines]) + "\n"
    with pytest.raises(ValueError, match=r"lines 22 to 42 one row.*--quoting none"):
        check_swallowed(text_of(tmp_path, text))


def test_swallowed_rows_are_found_by_their_values_or_codes_and_by_a_rare_class_too(tmp_path):
    lines = [f"z{i:03d},some words {i},{'ham' if i % 4 else 'spam'}" for i in range(40)]
    lines[5], lines[9] = 'z005,"some words,ham', 'z009,some words",ham'
    lines[7] = "z007,some words,rare"
    with pytest.raises(ValueError, match="lines 7 to 11 one row"):
        check_swallowed(text_of(tmp_path, "\n".join(["id,text,y", *lines]) + "\n"))


@pytest.mark.parametrize(
    "cell",
    [
        "12 High St, Leeds, UK\nFlat 2, York",
        "O rose, thou art, sick\nThe worm, flies",
        "a,b,c\nd,e",
        "f(a, b, c)\ng(a, b)",
        "salt, oil, rice\nfish, lime, chili, mint\nbeef, beans",
        'A: ""yes, no, maybe""\nB: ""one, two""',
        "1,2,3\n4,x",
    ],
)
def test_cells_of_several_lines_are_no_alarm_where_their_lines_are_no_rows(tmp_path, cell):
    lines = [f"r{i},words {i},{i % 5},{'ab'[i % 2]}" for i in range(60)]
    lines[10::20] = [f'r{i},"{cell}",3,a' for i in (10, 30, 50)]
    assert check_swallowed(text_of(tmp_path, "\n".join(["id,text,stars,y", *lines]) + "\n")) == []


def test_letters_whose_lines_end_with_a_comma_are_no_rows_of_the_pool(tmp_path):
    letters = [f'"Dear {i},\nthank you,\nAnn",{"ab"[i % 2] if i < 30 else ""}' for i in range(60)]
    letters[::2] = [f"short {i},a" for i in range(30)]
    assert check_swallowed(text_of(tmp_path, "\n".join(["text,y", *letters]) + "\n")) == []


def test_quotes_that_are_plain_characters_swallow_nothing_and_stay_in_the_file(tmp_path):
    text = 'text\ty\n"Great film\ta\nso "so"\tb\nbad"\ta\n"bad\t\n'
    (tmp_path / "t.tsv").write_text(text, newline="")
    with pytest.raises(ValueError, match=r"line 2: a quote opens a cell.*type --quoting none"):
        read_csv(tmp_path / "t.tsv")
    table = al.load_table(tmp_path / "t.tsv", "y", quoting="none")
    assert table.frame["text"].tolist() == ['"Great film', 'so "so"', 'bad"', '"bad']
    merged = al.merge_labels(table, pd.DataFrame({"row": [3], "y": ['the "b"']}))
    al.write_table(merged, tmp_path / "out.tsv")
    assert (tmp_path / "out.tsv").read_text() == text.replace('"bad\t', '"bad\tthe "b"')
    broken = al.merge_labels(table, pd.DataFrame({"row": [3], "y": ["a\tb"]}))
    with pytest.raises(ValueError, match="cannot hold a separator"):
        al.write_table(broken, tmp_path / "broken.tsv")
