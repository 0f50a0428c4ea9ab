"""What a playbook declares: the leads, what is worth predicting, and what a score leads to."""

from leadloop.playbook.derived import Derived
from leadloop.playbook.events import Events
from leadloop.playbook.history import History
from leadloop.playbook.parsing import parse_playbook
from leadloop.playbook.playbook import Order, Playbook, Ruling, Target, Training
from leadloop.playbook.policy import Band, Policy, Route
from leadloop.playbook.rendering import fingerprint_playbook, render_playbook

__all__ = [
    "Band",
    "Derived",
    "Events",
    "History",
    "Order",
    "Playbook",
    "Policy",
    "Route",
    "Ruling",
    "Target",
    "Training",
    "fingerprint_playbook",
    "parse_playbook",
    "render_playbook",
]
