"""The loop: looks at how a playbook does, trains again when that is due, and brings a better version into service step by step."""
