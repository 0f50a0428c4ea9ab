"""Playbooks that come with LeadLoop: declarations on the same engine as anyone's, found by the same public door."""
