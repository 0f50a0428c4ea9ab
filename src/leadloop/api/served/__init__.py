"""What is served: versions in memory, the playbooks they are of, and an example of each one's leads."""
