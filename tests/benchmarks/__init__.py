"""Figures beside figures: Provenpoint, other implementations of the protocol, and the bare wire, in one run."""
