"""The stations that are measured, each a process of its own: ``python -m tests.benchmarks.peers.NAME URL ...``."""
