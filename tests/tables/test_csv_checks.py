"""What a file looks like but does not say: rows that a stray quote swallows, a header that is none."""

import pytest

import al_helpers as al
from active_learning.tables.csv_checks import _fit, check_swallowed, lacks_header
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


def test_rows_fit_where_columns_of_numbers_hold_numbers_and_one_of_them_in_each_row():
    assert _fit([["1", "x"], [" 2.5 ", "y"]], [0])
    assert _fit([["1", ""], ["2", "7"]], [0, 1])
    assert not _fit([["one", "x"], ["two", "y"]], [0])
    assert not _fit([["1", "x"], ["2", "y"]], [0, 1])
    assert not _fit([["", "7"], ["2", ""]], [0, 1])  # neither column has one in each row
