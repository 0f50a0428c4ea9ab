import json
import os
import shutil
import zipfile
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import leadloop.registry.saved
from leadloop.errors import VersionError
from leadloop.registry import ModelVersion, Registry
from leadloop.registry.artefacts import unpack
from leadloop.registry.manifest import _checksum
from leadloop.registry.saved import describe


@pytest.fixture
def copy(workspace, tmp_path):
    """A registry with a copy of a real version that nobody promoted there, and the version's folder.

    A manifest that is not the one that was promoted is refused before anything else is looked at.
    """
    shutil.copytree(workspace.root / "registry", tmp_path / "registry")
    registry = Registry(tmp_path / "registry")
    (registry.folder("tiny") / "in_service.json").unlink()
    return registry, registry.folder("tiny", workspace.result.version.id)


@pytest.fixture
def parsed(monkeypatch):
    """What was handed to the parsers of a version's files."""
    handed = []

    def note(files, version):
        handed.append(version)
        return unpack(files, version)

    monkeypatch.setattr(leadloop.registry.saved, "unpack", note)
    return handed


def load(registry, folder):
    return registry.load(registry.find("tiny", folder.name))


def write_manifest(folder, **changes):
    """Another manifest with a checksum that fits, as somebody would write it who means harm."""
    body = json.loads((folder / "manifest.json").read_bytes()) | changes
    del body["checksum"]
    (folder / "manifest.json").write_text(json.dumps({**body, "checksum": _checksum(body)}))


def refused(registry, folder):
    with pytest.raises(VersionError) as error:
        load(registry, folder)
    assert error.value.subject == folder.name
    return [problem.where for problem in error.value.problems]


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0x40
    path.write_bytes(content)


def replace_by_link(path):
    path.rename(path.parents[3] / "elsewhere")
    path.symlink_to(path.parents[3] / "elsewhere")


def replace_by_folder(path):
    path.unlink()
    path.mkdir()


DAMAGES = {
    "a byte flipped": flip,
    "cut short": lambda path: path.write_bytes(path.read_bytes()[:-2]),
    "emptied": lambda path: path.write_bytes(b""),
    "made longer": lambda path: path.write_bytes(path.read_bytes() + b"\n"),
    "removed": lambda path: path.unlink(),
    "a link to the same contents": replace_by_link,
    "a folder": replace_by_folder,
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_any_damaged_file_is_named_and_nothing_is_parsed(copy, parsed, damage):
    registry, folder = copy
    assert load(registry, folder).version == folder.name
    assert len(parsed) == 1
    names = sorted(path.name for path in folder.iterdir())
    assert len(names) > 8
    kept = folder.parents[2] / "kept"
    shutil.copytree(folder, kept)
    for name in names:
        if name == "manifest.json" and damage in ("made longer", "a link to the same contents"):
            continue  # a line end at the end of the manifest, or where it lies, changes nothing that it says
        DAMAGES[damage](folder / name)
        assert refused(registry, folder) == [name]
        assert len(parsed) == 1
        shutil.rmtree(folder)
        shutil.copytree(kept, folder)
        (folder.parents[2] / "elsewhere").unlink(missing_ok=True)


@pytest.mark.parametrize("damage", ["a byte flipped", "removed"])
def test_all_damaged_files_are_named_at_once(copy, damage):
    registry, folder = copy
    names = sorted(path.name for path in folder.iterdir() if path.name != "manifest.json")
    for name in names:
        DAMAGES[damage](folder / name)
    assert sorted(refused(registry, folder)) == names


def _says(manifest):
    try:
        return json.loads(manifest)
    except ValueError:
        return None


@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_version_is_refused_whichever_byte_of_it_changes(copy, data):
    registry, folder = copy
    whole = registry.find("tiny", folder.name)
    path = data.draw(st.sampled_from(sorted(folder.iterdir())), label="file")
    content = path.read_bytes()
    place = data.draw(st.integers(0, len(content) - 1), label="place")
    bits = data.draw(st.integers(1, 255), label="bits")
    path.write_bytes(content[:place] + bytes([content[place] ^ bits]) + content[place + 1 :])
    try:
        if path.name == "manifest.json" and _says(path.read_bytes()) == _says(content):
            assert content[place : place + 1].isspace()  # a tab for a blank; nothing else may pass
            assert registry.find("tiny", folder.name) == whole
        else:
            assert refused(registry, folder) == [path.name]
    finally:
        path.write_bytes(content)


@pytest.mark.parametrize("name", ["member_9.npz", "features.pkl", "__init__.py", "sub"])
def test_a_file_that_was_added_is_named_and_nothing_is_parsed(copy, parsed, name):
    registry, folder = copy
    (folder / name).mkdir() if name == "sub" else (folder / name).write_bytes(b"x")
    assert refused(registry, folder) == [name]
    assert parsed == []


@pytest.mark.parametrize("name", [".DS_Store", "Thumbs.db", "desktop.ini", ".nfs0001"])
def test_what_a_desktop_leaves_in_a_folder_that_it_shows_takes_no_version_out_of_service(copy, name):
    registry, folder = copy
    (folder / name).write_bytes(b"x")
    assert load(registry, folder).version == folder.name


@pytest.mark.parametrize(
    "name", ["../secret", "/etc/hostname", "a/b", "..", ".", "", ".hidden", "a\\b", "C:x", "x\n", "x" * 65]
)
def test_a_manifest_that_points_elsewhere_is_refused_and_nothing_there_is_read(copy, parsed, name, monkeypatch):
    registry, folder = copy
    (folder.parent / "secret").write_bytes(b"secret")
    files = {**registry.find("tiny", folder.name).files, name: describe(b"secret")}
    write_manifest(folder, files=files)
    read = []
    before = type(folder).read_bytes
    monkeypatch.setattr(type(folder), "read_bytes", lambda path: read.append(path) or before(path))
    assert refused(registry, folder) == [name]
    assert parsed == []
    assert {path.parent for path in read} == {folder}


@pytest.mark.parametrize(
    "content", [b"", b"null", b"[]", b"{}", b"3", b'"a"', b"\xff\xfe", b"[" * 100_000, b'{"checksum": 1}', b"NaN"]
)
def test_a_manifest_that_is_none_is_refused(copy, content):
    registry, folder = copy
    (folder / "manifest.json").write_bytes(content)
    assert refused(registry, folder) == ["manifest.json"]


@pytest.mark.parametrize(
    "changes",
    [
        {"files": []},
        {"files": {"model.json": 3}},
        {"files": {"model.json": {"bytes": "3", "sha256": ""}}},
        {"files": {"model.json": {"bytes": 3}}},
        {"metrics": 3},
        {"data": None},
        {"columns": 3},
        {"columns": [3]},
        {"members": ["x"]},
        {"seed": "7"},
        {"synthetic": "no"},
        {"release": None},
        {"created_at": ["x"]},
        {"libraries": []},
        {"unheard_of": 1},
    ],
)
def test_a_manifest_with_a_fitting_checksum_is_still_read_with_care(copy, changes):
    registry, folder = copy
    write_manifest(folder, **changes)
    assert refused(registry, folder) == ["manifest.json"]


def test_a_manifest_without_a_part_is_refused(copy):
    registry, folder = copy
    body = json.loads((folder / "manifest.json").read_bytes())
    for part in sorted(body.keys() - {"checksum", "format"}):
        less = {name: value for name, value in body.items() if name not in (part, "checksum")}
        (folder / "manifest.json").write_text(json.dumps({**less, "checksum": _checksum(less)}))
        assert refused(registry, folder) == ["manifest.json"], part


def test_another_format_another_folder_and_an_endless_manifest_are_refused(copy):
    registry, folder = copy
    whole = (folder / "manifest.json").read_bytes()
    write_manifest(folder, format=4)
    with pytest.raises(VersionError, match="has format 4, not 2 or 3"):
        load(registry, folder)
    (folder / "manifest.json").write_bytes(whole)
    other = folder.with_name("v20200101_000000_00000000")
    folder.rename(other)
    with pytest.raises(VersionError, match="do not rename version folders"):
        load(registry, other)
    with (other / "manifest.json").open("ab") as file:
        file.truncate(1 << 40)  # a hole: it takes no room
    with pytest.raises(VersionError, match="larger than any manifest"):
        load(registry, other)


def test_a_manifest_reads_back_as_it_was_written(workspace, tmp_path):
    version = workspace.result.version
    (tmp_path / version.id).mkdir()
    (tmp_path / version.id / "manifest.json").write_bytes(version.as_bytes())
    again = ModelVersion.read(tmp_path / version.id)
    assert again.as_bytes() == version.as_bytes()
    assert again == replace(version, members=tuple(dict(member) for member in version.members))


NOT_LOADED = ("report.json", "reference.json", "test_leads.npz")
"""What a version is told of by, and what leads are compared with: read by those who ask for it, never to score."""


class Canary:
    """An object whose unpickling makes a folder."""

    def __init__(self, place):
        self.place = place

    def __reduce__(self):
        return os.mkdir, (str(self.place),)


@pytest.mark.parametrize("kind", ["bare", "as an array", "in an archive of arrays", "beside the others"])
def test_code_hidden_in_a_version_never_runs_even_where_the_manifest_vouches_for_it(copy, tmp_path, kind):
    import io
    import pickle

    import numpy as np

    registry, folder = copy
    nest = tmp_path / "hatched"
    egg = pickle.dumps(Canary(nest))
    buffer = io.BytesIO()
    if kind == "as an array":
        np.save(buffer, np.array([Canary(nest)], dtype=object), allow_pickle=True)
        egg = buffer.getvalue()
    elif kind == "in an archive of arrays":
        np.savez(buffer, matrix=np.array([Canary(nest)], dtype=object), allow_pickle=True)
        egg = buffer.getvalue()
        assert b"hatched" in egg
    files = dict(registry.find("tiny", folder.name).files)
    if kind == "beside the others":
        files["features.pkl"] = describe(egg)
        (folder / "features.pkl").write_bytes(egg)
        write_manifest(folder, files=files)
        load(registry, folder)  # nothing asks for such a file
        assert not nest.exists()
    for name in sorted(files):
        before = (folder / name).read_bytes()
        (folder / name).write_bytes(egg)
        write_manifest(folder, files={**files, name: describe(egg)})
        try:
            load(registry, folder)
        except VersionError:
            pass
        else:
            assert name.endswith((".html", ".md", ".svg", ".png", ".pkl")) or name in NOT_LOADED, name
        assert not nest.exists(), name
        (folder / name).write_bytes(before)
    # The eggs are real: this is what a reader that trusts them would do.
    if kind == "bare":
        pickle.loads(egg)
        assert nest.exists()


def bomb():
    """An archive whose one array says that it is larger than any memory."""
    import io

    import numpy as np

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        header = io.BytesIO()
        np.lib.format.write_array_header_1_0(header, {"descr": "<f8", "fortran_order": False, "shape": (1 << 45,)})
        archive.writestr("matrix.npy", header.getvalue())
    return buffer.getvalue()


GARBAGE = {
    "nothing": b"",
    "an object": b"{}",
    "a list": b"[]",
    "null": b"null",
    "a broken archive": b"PK\x03\x04 and no more",
    "an archive of nothing": b"PK\x05\x06" + b"\0" * 18,
    "not UTF-8": b"\xff\xfe\xfd",
    "deep": b"[" * 50_000,
    "a bomb": bomb(),
}


@pytest.mark.parametrize("garbage", GARBAGE)
def test_files_that_are_vouched_for_and_hold_garbage_are_refused_in_words(copy, garbage):
    registry, folder = copy
    files = dict(registry.find("tiny", folder.name).files)
    content = GARBAGE[garbage]
    for name in sorted(files):
        if name.startswith("report") or name.endswith(".svg") or name in NOT_LOADED:
            continue
        before = (folder / name).read_bytes()
        (folder / name).write_bytes(content)
        write_manifest(folder, files={**files, name: describe(content)})
        with pytest.raises(VersionError) as error:
            load(registry, folder)
        assert error.value.subject == folder.name, name
        assert str(error.value)
        (folder / name).write_bytes(before)


def test_a_model_that_answers_otherwise_than_when_it_was_saved_is_refused(copy):
    registry, folder = copy
    files = dict(registry.find("tiny", folder.name).files)
    model = json.loads((folder / "model.json").read_bytes())
    blend = model["blends"][0]
    blend["weights"] = [weight * 1.01 for weight in blend["weights"]]
    changed = json.dumps(model).encode()
    (folder / "model.json").write_bytes(changed)
    write_manifest(folder, files={**files, "model.json": describe(changed)})
    with pytest.raises(VersionError, match="probe rows get another answer"):
        load(registry, folder)
