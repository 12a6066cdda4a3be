"""The commands, and the process."""
