"""What the station committed is found again, whatever happened to the process, the disk or the file.

Everything here is the real SQLite on a real disk; the process that dies is a real process, killed with SIGKILL.
"""
