"""Where work is done: the workspace, its settings, and the playbooks that are found there."""
