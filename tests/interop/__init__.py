"""The real station against central systems of other people, each of which judges both directions by its own schemas."""
