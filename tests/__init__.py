"""Tests of all four packages, named by scenario."""
