"""For the tests of playbooks: one call that holds a playbook to everything that every playbook promises."""

from leadloop.testing.battery import PROMISES, Kept, check_playbook, try_playbook

__all__ = ["PROMISES", "Kept", "check_playbook", "try_playbook"]
