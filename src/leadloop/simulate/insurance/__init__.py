"""Insurance leads in six lines, each with rules of its own."""
