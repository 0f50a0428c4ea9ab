from leadloop.features.finds import FINDS
from leadloop.leads.field import TEXT_FINDS


def test_a_playbook_may_name_every_find_and_no_other():
    assert set(TEXT_FINDS) == set(FINDS)
    assert all(name == find.name for name, find in FINDS.items())


def test_every_column_of_a_find_has_a_name_of_its_own():
    names = [column.name for find in FINDS.values() for column in find.columns]
    assert len(set(names)) == len(names)
