import os

import pytest
from tests.conftest import write_playbook
from tests.leads_for_tests import PLAYBOOK

from leadloop.errors import PlaybookError
from leadloop.flows.place.playbook_folder import playbook_name, read_playbook
from leadloop.playbook import render_playbook

SOUND = render_playbook(PLAYBOOK)
FEATURE = (
    "import polars as pl\nfrom leadloop.features.functions import feature\n\n\n"
    '@feature(reads=["visits"])\ndef squared():\n    return pl.col("visits") ** 2\n'
)


def with_python(folder, *, features=(), rules=(), **files):
    listed = f"features = {list(features)}\nrules = {list(rules)}\n".replace("'", '"')
    write_playbook(folder, listed + SOUND)
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text)
    return folder


def refused(place):
    with pytest.raises(PlaybookError) as error:
        read_playbook(place)
    assert error.value.subject == str(place)
    return [(problem.where, problem.what, problem.mend) for problem in error.value.problems]


def test_a_playbook_is_read_from_its_folder_or_from_its_file(tmp_path):
    folder = write_playbook(tmp_path / "tiny", SOUND)
    assert read_playbook(folder).playbook == read_playbook(str(folder / "playbook.toml")).playbook == PLAYBOOK
    assert read_playbook(folder).folder == read_playbook(folder / "playbook.toml").folder == folder


def test_what_an_editor_puts_before_the_first_sign_does_not_matter(tmp_path):
    (tmp_path / "playbook.toml").write_bytes(b"\xef\xbb\xbf" + SOUND.replace("\n", "\r\n").encode())
    assert read_playbook(tmp_path).playbook == PLAYBOOK


def test_a_folder_without_a_playbook_says_how_to_make_one(tmp_path):
    assert refused(tmp_path)[0][:2] == ("playbook.toml", "does not exist")
    assert refused(tmp_path / "nowhere")[0][:2] == ("file", "does not exist")
    assert "leadloop draft" in refused(tmp_path)[0][2]


def test_what_is_no_text_or_too_large_is_said(tmp_path):
    (tmp_path / "playbook.toml").write_bytes(b"name = '\xff'")
    assert refused(tmp_path) == [("playbook.toml", "is not UTF-8 text", "save it as UTF-8")]
    with (tmp_path / "playbook.toml").open("wb") as file:
        file.truncate(1 << 40)
    assert refused(tmp_path) == [("playbook.toml", "is larger than any playbook can be", "is it the data file?")]


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="needs a file that this user may not read")
def test_a_file_that_one_may_not_read_is_said(tmp_path):
    write_playbook(tmp_path, SOUND)
    (tmp_path / "playbook.toml").chmod(0)
    assert refused(tmp_path)[0][:2] == ("playbook.toml", "cannot be read: Permission denied")


def test_functions_are_found_where_the_playbook_names_them(tmp_path):
    rule = "from leadloop.features.rules import rule\nimport polars as pl\n\n\n@rule(points=30, reads=['visits'])\n"
    rule += "def keen():\n    return pl.col('visits') > 3\n"
    folder = with_python(tmp_path, features=["shapes:squared"], rules=["points:keen"], shapes=FEATURE, points=rule)
    found = read_playbook(folder)
    assert [function.__name__ for function in found.functions] == ["squared", "keen"]
    assert found.rule_points == {"keen": 30}
    assert found.label is None


def test_every_mistake_of_the_python_files_is_said_at_once(tmp_path):
    folder = with_python(
        tmp_path,
        features=["missing:a", "shapes:plain", "shapes:nothing", "shapes:NUMBER", "broken:a", "broken:b"],
        rules=["shapes:squared", "syntax:a"],
        shapes=FEATURE + "\n\ndef plain():\n    pass\n\n\nNUMBER = 3\n",
        broken="import polars\n\nraise ValueError('of ours')\n",
        syntax="def a(:\n",
    )
    assert refused(folder) == [
        ("features", "names missing.py, which does not exist", "create missing.py"),
        ("features.shapes:plain", "is a plain function", "put @feature(reads=[...]) above it"),
        ("features.shapes:nothing", "shapes.py has no function nothing", "check the name"),
        ("features.shapes:NUMBER", "shapes.py has no function NUMBER", "check the name"),
        ("broken.py, line 3", "ValueError: of ours", "mend the file"),
        ("rules.shapes:squared", "is a plain function", "put @rule(points=..., reads=[...]) above it"),
        ("syntax.py, line 1", "SyntaxError: invalid syntax (syntax.py, line 1)", "mend the file"),
    ]


@pytest.mark.parametrize("text", ["import sys\nsys.exit()\n", "exit(0)\n", "raise SystemExit('done')\n"])
def test_a_file_cannot_end_the_program_as_if_all_were_well(tmp_path, text):
    ((where, what, _),) = refused(with_python(tmp_path, features=["leave:a"], leave=text))
    assert where.startswith("leave.py, line ")
    assert what.startswith("SystemExit")


def test_a_file_that_was_changed_a_moment_ago_is_read_as_it_is_now(tmp_path):
    folder = with_python(tmp_path, features=["shapes:squared"], shapes=FEATURE)
    stamp = (folder / "shapes.py").stat()
    before = str(read_playbook(folder).features[0]())
    (folder / "shapes.py").write_text(FEATURE.replace("** 2", "** 3"))
    os.utime(folder / "shapes.py", ns=(stamp.st_atime_ns, stamp.st_mtime_ns))  # the same second, the same size
    after = str(read_playbook(folder).features[0]())
    assert before != after
    assert before.replace("2", "3") == after
    assert sorted(path.name for path in folder.iterdir()) == ["playbook.toml", "shapes.py"]


def test_two_playbooks_of_one_name_do_not_share_their_functions(tmp_path):
    one = with_python(tmp_path / "a" / "tiny", features=["shapes:squared"], shapes=FEATURE)
    other = with_python(tmp_path / "b" / "tiny", features=["shapes:squared"], shapes=FEATURE.replace("** 2", "** 3"))
    first, second = read_playbook(one), read_playbook(other)
    assert str(first.features[0]()) != str(second.features[0]())


def with_phrases(folder, files):
    (folder / "phrases").mkdir(parents=True)
    for name, text in files.items():
        (folder / "phrases" / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    listed = ", ".join(f'"phrases/{name}"' for name in files)
    write_playbook(folder, f"phrase_files = [{listed}]\n{SOUND}")
    return folder


def test_the_lists_of_phrase_files_become_the_playbook_s_own(tmp_path):
    files = {
        "urgency.txt": "# rush\nASAP\n\nright away # now\n",
        "products.toml": '"voice AI" = ["voice AI"]\nsms = ["SMS"]',
    }
    found = read_playbook(with_phrases(tmp_path / "tiny", files)).playbook
    mine = {"urgency": ("ASAP", "right away"), "voice AI": ("voice AI",), "sms": ("SMS",)}
    assert dict(found.phrases) == dict(PLAYBOOK.phrases) | mine
    assert found.phrase_files == ()


def test_every_mistake_of_phrase_files_is_said_at_once(tmp_path):
    folder = with_phrases(
        tmp_path / "tiny",
        {
            "urgency.txt": "asap\n?!",
            "other.toml": 'urgency = ["now"]\nprice = "how much"\nempty = []',
            "broken.toml": "price = [",
            "nothing.txt": "# nothing yet",
            "picture.txt": b"\xff\xfe\x00",
            "gone.txt": "x",
        },
    )
    (folder / "phrases" / "gone.txt").unlink()
    assert [(where, what[:40]) for where, what, _ in refused(folder)] == [
        ("phrases/urgency.txt, line 2", "“?!” has no words"),
        ("phrases/other.toml: price", "is no list of texts"),
        ("phrases/other.toml: empty", "holds no phrase"),
        ("phrases/other.toml", "holds a list “urgency”, as phrases/urgen"),
        ("phrases/broken.toml", "is not TOML: Invalid value (at end of do"),
        ("phrases/nothing.txt", "holds no phrase"),
        ("phrases/picture.txt", "is not UTF-8 text"),
        ("phrase_files", "names phrases/gone.txt, which does not e"),
    ]


@pytest.mark.skipif(os.name != "posix", reason="links are made otherwise elsewhere")
def test_a_link_out_of_the_folder_is_no_phrase_file(tmp_path):
    (tmp_path / "secret.txt").write_text("secret")
    folder = with_phrases(tmp_path / "tiny", {"mine.txt": "x"})
    (folder / "phrases" / "mine.txt").unlink()
    (folder / "phrases" / "mine.txt").symlink_to(tmp_path / "secret.txt")
    assert refused(folder)[0][1] == "names phrases/mine.txt, which does not exist"


def test_asking_for_a_name_runs_no_python_and_looks_at_nothing_else(tmp_path):
    text = 'name = "tiny"\nfeatures = ["slow"]\nhalf_edited = true\n'
    folder = write_playbook(tmp_path / "a folder", text)
    (folder / "features.py").write_text("raise SystemExit('this ran')\n", encoding="utf-8")
    assert playbook_name(folder) == playbook_name(str(folder / "playbook.toml")) == "tiny"
    with pytest.raises(PlaybookError, match="half_edited"):
        read_playbook(folder)


@pytest.mark.parametrize(
    ("text", "said"), [("name = ", "is not TOML"), ("features = []", "is missing"), ("name = 7", "not text")]
)
def test_a_playbook_that_tells_no_name_is_refused(tmp_path, text, said):
    with pytest.raises(PlaybookError, match=said):
        playbook_name(write_playbook(tmp_path / "tiny", text))
