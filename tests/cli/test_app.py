import os
import shutil
import signal
import subprocess

import pytest
import typer
from tests.cli.commands_for_tests import COMMAND, environment, leadloop
from typer.testing import CliRunner

import leadloop as package
from leadloop import errors
from leadloop.cli.app import EXIT_INTERRUPTED, EXIT_REFUSED, app
from leadloop.errors import LeadLoopError, Problem
from leadloop.registry import Registry

COMMANDS = [
    ("demo",),
    ("draft",),
    ("check",),
    ("train",),
    ("score",),
    ("serve",),
    ("digest",),
    ("dashboard",),
    ("explain",),
    ("ablate",),
    ("discover",),
    ("simulate",),
    ("features",),
    ("playbooks", "list"),
    ("playbooks", "copy"),
    ("models", "list"),
    ("models", "show"),
    ("models", "promote"),
    ("models", "rollback"),
    ("models", "history"),
    ("models", "aliases"),
    ("models", "prune"),
    ("models", "log"),
    ("worker",),
    ("recalibrate",),
    ("feedback", "analytics"),
    ("sync", "fellow"),
    ("sync", "status"),
    ("sync", "webhook"),
    ("dev", "fellow"),
    *(
        ("experiments", verb)
        for verb in ("plan", "start", "list", "show", "results", "report", "pause", "resume", "ramp")
    ),
    *(("experiments", verb) for verb in ("stop", "allocate", "evaluate")),
    *(
        ("webhooks", verb)
        for verb in ("add", "list", "test", "deliver", "deliveries", "again", "rotate", "on", "remove")
    ),
    *(("rollout", verb) for verb in ("list", "show", "start", "share", "approve", "stop", "finish", "drill")),
    *(("schedules", verb) for verb in ("list", "set", "on", "off", "remove")),
    *(("queue", verb) for verb in ("list", "add", "show", "export")),
    *(("alerts", verb) for verb in ("list", "close", "test")),
    *(("sources", verb) for verb in ("list", "hold", "trust")),
    *((name,) for name in ("enrich", "outcomes", "quality", "drift", "retrain", "replay")),
    ("models", "card"),
    ("models", "changes"),
    ("dev", "websites"),
    ("jobs", "list"),
    ("jobs", "retry"),
    ("keys", "new"),
    ("keys", "list"),
    ("keys", "revoke"),
    *(("identity", verb) for verb in ("match", "review", "accept", "reject", "undo", "show")),
    ("import",),
    ("store", "info"),
    ("store", "backup"),
    ("store", "restore"),
    ("store", "export"),
    ("store", "training-set"),
    ("store", "erase"),
    ("store", "forget"),
    ("store", "verify"),
    ("store", "migrate"),
]
posix = pytest.mark.skipif(os.name != "posix", reason="needs signals and pipes as POSIX has them")


@pytest.fixture
def run(monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    for name in ("GITHUB_ACTIONS", "FORCE_COLOR", "PY_COLORS", "LEADLOOP_WORKSPACE"):
        monkeypatch.delenv(name, raising=False)
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


def all_commands(group, before=()):
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from all_commands(command, (*before, name))
        else:
            yield (*before, name)


def test_every_command_there_is_is_tried_here():
    assert sorted(all_commands(typer.main.get_command(app))) == sorted(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_the_help_of_every_command_teaches_with_an_example(run, command):
    done = run(*command, "--help")
    assert done.exit_code == 0
    assert f"leadloop {' '.join(command)}" in done.stdout.split("Example", 1)[1]
    assert "\x1b" not in done.output
    assert "`" not in done.stdout.split("Options")[0]
    assert run(*command, "-h").stdout == done.stdout


@pytest.mark.parametrize("command", [(), ("models",), ("store",)], ids=["leadloop", "models", "store"])
def test_a_command_without_words_says_what_there_is(run, command):
    done = run(*command)
    assert done.exit_code == 2
    for first, *rest in COMMANDS:
        if not command:
            assert first in done.output
        elif first == command[0]:
            assert rest[0] in done.output


def test_the_main_help_shows_the_three_commands_of_the_main_job(run):
    shown = run("--help").stdout
    places = [shown.index(f"leadloop {name} leads") for name in ("draft", "train", "score")]
    assert places == sorted(places)


def test_the_version_is_one_line():
    done = leadloop("--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"leadloop {package.__version__}\n".encode(), b"")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("scor",), "score"),
        (("score",), "PLAYBOOK"),
        (("train", "insurance"), "--data"),
        (("score", "leads", "new.csv", "--format", "xls"), "--format"),
        (("check", "leads", "--nonsense"), "--nonsense"),
    ],
)
def test_words_that_are_none_end_with_2_and_say_which_on_standard_error(words, said):
    done = leadloop(*words)
    assert done.returncode == 2
    assert done.stdout == b""
    assert said in done.stderr.decode()
    assert "Traceback" not in done.stderr.decode()


KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, LeadLoopError)]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_refusal_is_shown_whole_on_standard_error_and_ends_with_2(run, monkeypatch, kind):
    problems = [
        Problem(f"place [{number}]", "is :on: fire [bold]", "pour \x1b[31m water [/bold] \\") for number in range(30)
    ]

    def refuse(*_, **__):
        raise kind("leads", problems)

    monkeypatch.setattr("leadloop.flows.past.check.read_playbook", refuse)
    done = run("check", "leads")
    assert done.exit_code == EXIT_REFUSED
    assert done.stdout == ""
    assert done.stderr == f"{kind('leads', problems)}\n"
    assert "\x1b" not in done.stderr


def test_a_fault_of_ours_is_not_hidden(run, monkeypatch):
    def fail(*_, **__):
        raise RuntimeError("a fault")

    monkeypatch.setattr("leadloop.flows.past.check.read_playbook", fail)
    assert isinstance(run("check", "leads").exception, RuntimeError)


@posix
def test_help_starts_without_loading_what_it_does_not_need():
    import resource

    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert leadloop("--help").returncode == 0
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 2.0  # 0.6 s on the machine of 2026


@posix
@pytest.mark.parametrize("stage", ["reading leads", "choosing settings: LightGBM"])
def test_ctrl_c_while_training_ends_with_130_in_one_line_and_leaves_no_version(workspace, tmp_path, stage):
    work = tmp_path / "work"
    work.mkdir()
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    command = [*COMMAND, "train", workspace.playbook, "--data", workspace.past, "--workspace", work]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env=environment(TMPDIR=str(temporary)),
    )
    said = []
    for line in process.stderr:
        said.append(line)
        if stage in line:
            process.send_signal(signal.SIGINT)
            break
    out, rest = process.communicate(timeout=60)
    assert process.returncode == EXIT_INTERRUPTED
    assert out == ""
    assert rest.endswith("Stopped. Nothing half-done was kept.\n")
    assert "Traceback" not in rest
    assert "Exception ignored" not in rest
    assert rest.count("\n") <= 2  # a stage may have been told before the signal came
    # What was tried so far stays, so that the next training can go on with it.
    assert [path.name for path in work.iterdir()] == (["tuning"] if stage.startswith("choosing") else [])
    assert list(temporary.iterdir()) == []


@posix
def test_ctrl_c_while_a_version_is_being_saved_leaves_no_version_and_no_folder(workspace, tmp_path):
    """Stopped in the middle of its files, which nothing but a slow disk would make likely."""
    program = (
        "import sys, _thread\nfrom leadloop.registry import saved as registry\nwrite = registry.write_durably\n"
        "def slow(path, content):\n    write(path, content)\n"
        "    if path.name == 'playbook.toml': _thread.interrupt_main()\n"
        "registry.write_durably = slow\nfrom leadloop.cli import main\nmain()"
    )
    done = subprocess.run(
        [COMMAND[0], "-c", program, "train", workspace.playbook, "-d", workspace.past, "-w", tmp_path],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == EXIT_INTERRUPTED
    assert done.stderr.splitlines()[-2:] == ["training: saving the version", "Stopped. Nothing half-done was kept."]
    registry = Registry(tmp_path / "registry")
    assert registry.versions("tiny") == []
    assert not [path for path in registry.folder("tiny").iterdir() if path.is_dir()]


@posix
def test_a_reader_that_leaves_early_is_no_mistake(workspace, tmp_path):
    cells = workspace.new.read_text().splitlines()
    (tmp_path / "new.csv").write_text("\n".join([cells[0], *cells[1:] * 20]) + "\n")
    process = subprocess.Popen(
        [*COMMAND, "score", "tiny", "new.csv", "--no-reasons", "-o", "-", "-w", workspace.root],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
        env=environment(),
    )
    assert process.stdout.readline().startswith(b"lead_id,")
    process.stdout.close()
    said = process.stderr.read().decode()
    assert process.wait(timeout=60) == 0
    assert not [line for line in said.splitlines() if not line.startswith("scoring: ")]


@posix
@pytest.mark.parametrize("words", [("--help",), ("--version",), ("models", "list"), ("check", "tiny")], ids=" ".join)
def test_a_reader_that_was_never_there_is_no_mistake_either(workspace, words):
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [*COMMAND, *words], stdout=write, stderr=subprocess.PIPE, cwd=workspace.root, env=environment(), timeout=60
    )
    os.close(write)
    assert done.stderr == b""
    assert done.returncode in (0, 1)


@pytest.mark.skipif(not shutil.which("script"), reason="needs `script`, which lends a terminal")
def test_on_a_terminal_refusals_are_red_and_elsewhere_nothing_is(tmp_path):
    elsewhere = leadloop("check", "nowhere", cwd=tmp_path)
    assert b"\x1b" not in elsewhere.stderr
    lent = subprocess.run(
        ["script", "-qec", " ".join([*COMMAND, "check", "nowhere"]), "/dev/null"],
        env=environment(TERM="xterm-256color"),
        capture_output=True,
        cwd=tmp_path,
        timeout=60,
        stdin=subprocess.DEVNULL,
    )
    assert lent.returncode == EXIT_REFUSED
    assert b"\x1b[31m" in lent.stdout
