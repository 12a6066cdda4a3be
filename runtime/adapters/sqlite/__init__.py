"""The store: one SQLite file, how it is opened, checked and salvaged."""
