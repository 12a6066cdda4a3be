"""The commands of verification: verify, replay, trace, conformance."""
