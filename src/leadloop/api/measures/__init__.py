"""What is told of the service to those who watch it: logs, measures, traces."""
