"""The conformance suite on our own station, and on stations that are wrong on purpose."""
