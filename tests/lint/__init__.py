"""The lint: each scenario breaks one thing on purpose in small tables that are sound."""
