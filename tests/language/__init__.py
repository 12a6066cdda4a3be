"""The table language: what the loader makes of conditions and announcements, and what it refuses."""
