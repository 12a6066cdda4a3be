"""The table language: how a table is read, what it may say, what it means, and what is suspicious about it."""
