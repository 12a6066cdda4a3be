"""Joins every test to the evidence plugin (``covering.py``), and names the long search (``searching.py``)."""

pytest_plugins = ["tests.covering", "tests.searching"]
