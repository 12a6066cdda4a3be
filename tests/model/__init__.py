"""The model: messages, keys, station files, the catalogue."""
