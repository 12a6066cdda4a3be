"""Joins every test to the evidence plugin; see ``tests/covering.py``."""

pytest_plugins = ["tests.covering"]
