"""The station: composes the machines and joins them to the world."""
