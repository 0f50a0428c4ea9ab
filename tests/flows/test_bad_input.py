"""Files as they come out of real systems: each is either read as it was meant, or refused with the reason and the cure."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from leadloop.errors import DataError, LeadLoopError, NotEnoughOutcomes
from leadloop.flows.draft import draft
from leadloop.flows.training.train import TrainingResult, train

HEADER = ["Id", "Created", "Source", "Value", "Won"]
ROWS = 400


def leads(
    *, won: float = 0.35, written: str = "{day} {clock}", outcomes: tuple[str, ...] = ("no", "yes")
) -> list[list[str]]:
    """Rows of leads over eight months; `won` of them have the last of the `outcomes`."""
    draw = random.Random(1)
    rows = []
    for number in range(ROWS):
        day, clock = f"2026-{1 + number * 8 // ROWS:02}-{1 + number % 28:02}", f"10:{number % 60:02}"
        value = draw.gauss(0, 1)
        lost = outcomes[draw.randrange(len(outcomes) - 1)]
        outcome = outcomes[-1] if draw.random() < won + 0.2 * (value > 0) * (won > 0) else lost
        created = written.format(day=day, clock=clock, number=number)
        rows.append([f"L{number:04}", created, draw.choice(["Ads", "Web", "Büro"]), f"{value:.2f}", outcome])
    return rows


def as_csv(rows: list[list[str]], separator: str = ",", header: list[str] = HEADER) -> str:
    return "\n".join(separator.join(row) for row in [header, *rows]) + "\n"


def draft_and_train(path: Path, content: bytes) -> TrainingResult:
    path.write_bytes(content)
    return train(draft(path, "Won", to=path.parent / "playbook").folder, path, workspace=path.parent / "workspace")


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(as_csv(leads(), ";").encode(), id="semicolons"),
        pytest.param(as_csv(leads(), "\t").encode(), id="tabs"),
        pytest.param(as_csv(leads(), "|").encode(), id="bars"),
        pytest.param(
            as_csv(leads()).replace("\n", "\r\n").encode("utf-8-sig"), id="byte order mark and Windows line ends"
        ),
        pytest.param(as_csv(leads()).encode("utf-16"), id="UTF-16"),
        pytest.param(as_csv(leads()).encode("cp1252"), id="Windows-1252"),
    ],
)
def test_a_file_is_read_however_it_is_written(tmp_path: Path, content: bytes):
    result = draft_and_train(tmp_path / "leads.csv", content)
    assert (result.imported.rows, len(result.imported.rejects)) == (ROWS, 0)
    assert "“Created”" in result.report.split.how
    assert result.report.data.positives == sum(row[-1] == "yes" for row in leads())
    assert set(result.imported.leads.data["Source"]) == {"Ads", "Web", "Büro"}


@pytest.mark.parametrize(
    "written",
    [
        pytest.param("{day}T{clock}:07.{number:06}Z", id="fractions of a second"),
        pytest.param("{day}", id="dates alone"),
    ],
)
def test_times_are_read_however_they_are_written(tmp_path: Path, written: str):
    assert (
        "“Created”" in draft_and_train(tmp_path / "leads.csv", as_csv(leads(written=written)).encode()).report.split.how
    )


def test_times_may_be_written_in_several_ways_in_one_column(tmp_path: Path):
    rows = leads()
    for number, row in enumerate(rows):
        year, month, day = row[1][:10].split("-")
        ways = [
            row[1],
            f"{row[1]}:07.25",
            f"{day}/{month}/{year}",
            row[1].replace(" ", "T") + ":00+02:00",
            f"{day}/{month}/{year} 9:30",
        ]
        row[1] = ways[number % len(ways)]
    result = draft_and_train(tmp_path / "leads.csv", as_csv(rows).encode())
    assert "“Created”" in result.report.split.how
    assert result.imported.rejects == ()


def test_lists_and_objects_are_left_out_and_named(tmp_path: Path):
    objects = [dict(zip(HEADER, row, strict=True)) | {"Tags": ["a", row[0]], "Owner": {"id": 7}} for row in leads()]
    path = tmp_path / "leads.jsonl"
    path.write_text("\n".join(map(json.dumps, objects)), encoding="utf-8")
    drafted = draft(path, "Won", to=tmp_path / "playbook")
    assert any("Tags" in note and "Owner" in note and "lists and objects" in note for note in drafted.draft.notes)
    assert len(train(drafted.folder, path, workspace=tmp_path).imported.rejects) == 0


def test_a_damaged_row_is_named_and_the_others_are_used(tmp_path: Path):
    content = as_csv(leads()).replace("Web", "W\0eb", 1)
    line = 1 + content[: content.index("\0")].count("\n")
    result = draft_and_train(tmp_path / "leads.csv", content.encode())
    (reject,) = result.imported.rejects
    assert (reject.line, reject.field) == (line, "Source")
    assert "NUL" in reject.reason


@pytest.mark.parametrize(
    ("content", "error", "said"),
    [
        pytest.param(b"", DataError, "is empty (0 bytes)", id="0 bytes"),
        pytest.param(as_csv([]).encode(), DataError, "holds a header and no rows", id="no rows"),
        pytest.param(
            as_csv(leads(), header=["Id", "Created", "Source", "Source", "Won"]).encode(),
            DataError,
            'columns 3 and 4 are all called "Source"',
            id="a header twice",
        ),
        pytest.param(
            as_csv(leads(), header=["Id", "Created", "", "Value", "Won"]).encode(),
            DataError,
            "column 3 has no name",
            id="a header without a name",
        ),
        pytest.param(
            as_csv(leads()[1:], header=leads()[0]).encode(), DataError, "no column of this table", id="no header"
        ),
        pytest.param(as_csv(leads(won=0)).encode(), DataError, "one value in all 400 rows", id="one class"),
        pytest.param(
            as_csv(leads(outcomes=("no", "maybe", "yes"))).encode(), DataError, "has 3 values", id="three classes"
        ),
        pytest.param(b"PK\x03\x04" + bytes(200), DataError, "", id="a spreadsheet"),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_reason_and_nothing_is_left(
    tmp_path: Path, content: bytes, error: type[LeadLoopError], said: str
):
    with pytest.raises(error) as refused:
        draft_and_train(tmp_path / "leads.csv", content)
    assert said in str(refused.value)
    assert all(problem.mend for problem in refused.value.problems)
    assert [path.name for path in tmp_path.iterdir()] == ["leads.csv"]


def test_seventeen_won_leads_are_said_by_draft_and_refused_by_train(tmp_path: Path):
    rows = leads(won=0)
    for row in rows[::24]:
        row[-1] = "yes"
    path = tmp_path / "leads.csv"
    path.write_text(as_csv(rows), encoding="utf-8")
    drafted = draft(path, "Won", to=tmp_path / "playbook")
    assert "too few to train on: 17 of 40 won leads" in drafted.draft.notes
    with pytest.raises(NotEnoughOutcomes, match="17 of 40 positives"):
        train(drafted.folder, path, workspace=tmp_path / "workspace")
    assert not (tmp_path / "workspace" / "registry" / "playbook").exists()
