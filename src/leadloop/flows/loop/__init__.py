"""The loop: sees how a playbook does, trains again when that is due, and brings a better version into service step by step."""
