"""Transfers against real servers on loopback."""
