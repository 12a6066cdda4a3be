"""Diagnostics: what is asked for, what is sent, and what the CSMS hears of it."""
