"""How a CSV file is written is found out, and what is wrong with its header is said all at once."""

from __future__ import annotations

import pytest

from leadloop.errors import DataError
from leadloop.ingest.csv_dialect import CsvDialect, find_dialect


def dialect(text: str, *, whole: bool = True, delimiter: str | None = None) -> CsvDialect:
    return find_dialect("leads.csv", text.encode(), whole=whole, delimiter=delimiter)


def problems(text: str, **how) -> list[str]:
    with pytest.raises(DataError) as refused:
        dialect(text, **how)
    return [str(problem) for problem in refused.value.problems]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(delimiter: str):
    text = "name;city,country|note\n".replace(";", delimiter).replace(",", delimiter).replace("|", delimiter)
    found = dialect(text + delimiter.join(["Ada", "London", "UK", "calls"]) + "\n")
    assert (found.delimiter, found.columns) == (delimiter, ("name", "city", "country", "note"))


def test_a_bank_file_with_semicolons_quotes_and_carriage_returns():
    found = dialect('"age";"job";"y"\r\n30;"blue-collar; retired";"no"\r\n39;"services";"yes"\r\n')
    assert (found.delimiter, found.columns, found.rows_from_line) == (";", ("age", "job", "y"), 2)


def test_decimal_commas_do_not_pass_for_a_delimiter():
    found = dialect("name;revenue, in EUR;city\n" + "Ada;1,5;Rome\n" * 20 + "Bob;2,5\n")
    assert found.columns == ("name", "revenue, in EUR", "city")


def test_commas_inside_quotes_do_not_count():
    found = dialect('name\tnote\nAda\t"a, b, c"\nBob\t"d, e, f"\n')
    assert found.delimiter == "\t"


def test_the_hint_that_excel_writes_is_obeyed():
    found = dialect("sep=;\nname;note\nAda;a,b\n")
    assert (found.delimiter, found.columns, found.rows_from_line) == (";", ("name", "note"), 3)


def test_blank_lines_above_the_header_are_skipped_and_counted():
    assert dialect("\n,,\nname,city,age\nAda,Rome,3\n").rows_from_line == 4


def test_a_header_of_two_lines_inside_quotes_is_one_header():
    found = dialect('name,"lead\nsource"\nAda,web\n')
    assert (found.columns, found.rows_from_line) == (("name", "lead\nsource"), 3)


def test_blanks_around_names_do_not_belong_to_them():
    assert dialect("name, city \nAda,Rome\n").columns == ("name", "city")


def test_a_wrong_delimiter_is_refused_and_the_likely_one_named():
    [problem] = problems("name;city;age\nAda;Rome;36\n", delimiter=",")
    assert problem == (
        'delimiter  splitting at each comma gives a single column, "name;city;age"; '
        "the cells look separated by semicolons, which would give 3 columns"
    )


def test_a_delimiter_of_ones_own_is_used():
    assert dialect("name^city\nAda^Rome\n", delimiter="^").columns == ("name", "city")


def test_a_single_column_is_read_with_a_note():
    found = dialect("email\nada@example.com\n")
    assert found.columns == ("email",)
    assert "single column" in found.notes[0]


def test_every_problem_of_a_header_is_said_at_once():
    assert problems("Email,,Phone,Email,,Phone\n") == [
        "line 1  columns 2 and 5 have no name; name each of them, or delete the columns",
        'line 1  columns 1 and 4 are all called "Email"; give each column a name of its own',
        'line 1  columns 3 and 6 are all called "Phone"; give each column a name of its own',
        "file  holds a header and no rows; export it again with its rows",
    ]


def test_a_header_without_rows_is_refused():
    assert problems("name,city\n") == ["file  holds a header and no rows; export it again with its rows"]


def test_blank_lines_alone_are_refused():
    assert problems("\n\n  \n") == ["file  holds only blank lines; is this a CSV file?"]


@pytest.mark.parametrize("first", ["33,1,4,2.5", "2024-05-01,7,3,12", "1,Ada,ada@example.com,Rome"])
def test_data_in_the_place_of_a_header_is_noticed(first: str):
    [problem] = problems(first + "\n" + first + "\n")
    assert "is there no header row?" in problem


def test_years_beside_a_name_are_names():
    assert dialect("company,2023,2024\nAda,1,2\n").columns == ("company", "2023", "2024")


def test_a_title_above_the_header_is_noticed():
    [problem] = problems("All leads of May\nname;city;age\n" + "Ada;Rome;36\n" * 20)
    assert problem.startswith(
        "line 1  has 1 cell, but most rows have 3; name every column there, and delete title lines"
    )


def test_an_empty_last_column_is_left_out_with_a_note():
    found = dialect("name,city,\nAda,Rome,\nBob,Oslo,\n")
    assert (found.columns, found.width) == (("name", "city"), 3)
    assert found.notes == ("each line ends in an empty cell without a name; left out",)


def test_rows_that_end_in_delimiters_the_header_lacks_are_read_with_a_note():
    found = dialect("name,city\nAda,Rome,,\nBob,Oslo,,\n")
    assert (found.columns, found.width) == (("name", "city"), 4)
    assert found.notes == ("each line ends in 2 empty cells without a name; left out",)


def test_a_header_that_ends_in_a_delimiter_its_rows_lack_is_read():
    found = dialect("name,city,\nAda,Rome\nBob,Oslo\n")
    assert (found.columns, found.width) == (("name", "city"), 2)


def test_a_nameless_last_column_with_values_is_refused():
    assert problems("name,city,\nAda,Rome,36\n") == ["line 1  column 3 has no name; name it, or delete the column"]


def test_empty_cells_at_the_end_do_not_hide_the_delimiter():
    assert dialect("name;city\nAda;Rome;\nBob;Oslo;\n").columns == ("name", "city")


def test_one_long_row_does_not_make_a_nameless_column():
    found = dialect("name,city\n" + "Ada,Rome\n" * 20 + "Bob,Oslo,\n")
    assert found.width == 2


def test_a_quote_left_open_in_the_header_is_named():
    [problem] = problems('name,"city,age\n' + "Ada,Rome,36\n" * 1_000)
    assert "the name of column 2 is 12,008 characters long" in problem
    assert "a quote is left open" in problem


def test_a_nul_in_a_name_is_refused():
    [problem] = problems("name,ci\0ty\nAda,Rome\n")
    assert "the name of column 2 holds a NUL byte" in problem


def test_a_sample_that_ends_in_the_middle_of_a_row_counts_only_whole_rows():
    assert dialect("name,city\nAda,Rome\nBob,Oslo\nEve,Pa", whole=False).columns == ("name", "city")
