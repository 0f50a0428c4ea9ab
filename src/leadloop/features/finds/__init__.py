"""Finds: facts that people write into texts, such as a salary, a deadline, or whether a next meeting is set.

Each is a function over a text that gives what is said, or nothing; a playbook asks for them by name on a text field
(`finds = ["salary", "timeline"]`). English only; what is doubtful is not said.
"""

from __future__ import annotations

from collections.abc import Mapping

from leadloop.features.finds.calls import (
    ACTIONS,
    MEETING,
    PRICING,
    QUESTIONS,
    find_actions,
    find_meeting,
    find_pricing,
    find_questions,
)
from leadloop.features.finds.experience import EXPERIENCE, find_experience
from leadloop.features.finds.find import Find, FindColumn, tidy
from leadloop.features.finds.pay import BUDGET, SALARY, find_budget, find_salary
from leadloop.features.finds.people import EMPLOYEES, find_employees
from leadloop.features.finds.timeline import TIMELINE, find_timeline

FINDS: Mapping[str, Find] = {
    find.name: find for find in (SALARY, EXPERIENCE, BUDGET, TIMELINE, EMPLOYEES, MEETING, PRICING, ACTIONS, QUESTIONS)
}
"""Every find by its name in a playbook."""

__all__ = [
    "FINDS", "Find", "FindColumn", "find_actions", "find_budget", "find_employees", "find_experience", "find_meeting",
    "find_pricing", "find_questions", "find_salary", "find_timeline", "tidy",
]  # fmt: skip
