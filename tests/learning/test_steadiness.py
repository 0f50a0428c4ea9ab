"""How steady the importance of a field is from stretch to stretch."""

from tests.conftest import TrainedWorkspace


def test_the_report_tells_the_spread_and_place_of_every_field(workspace: TrainedWorkspace):
    lines = {line.field: line for line in workspace.result.report.importance}
    visits, noise = lines["visits"], lines["noise"]
    assert 0 < visits.low <= visits.high
    assert visits.low > noise.high
    assert visits.worst_rank <= 2
    assert noise.best_rank >= 3
    assert all(line.best_rank <= line.worst_rank <= len(lines) for line in lines.values())


def test_a_later_training_says_what_each_field_was_in_service(workspace: TrainedWorkspace, tmp_path):
    import shutil

    from leadloop.flows.training.train import train

    root = tmp_path / "work"
    shutil.copytree(workspace.root, root)
    report = train(workspace.playbook, workspace.past, workspace=root, promote=False).report
    before = {line.field: line.points for line in workspace.result.report.importance}
    assert {line.field: line.before for line in report.importance} == before
