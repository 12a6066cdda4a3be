"""A counterexample of the tables, played on the real station."""
