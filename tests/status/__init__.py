"""Statuses, faults, availability, triggers and security events: what the station says of itself, and when."""
