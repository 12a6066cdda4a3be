"""Smart charging: the calculation of limits, and the station that follows them.

What can be installed, what is told, and what reaches the hardware when is asked of the real station in its world
(``profiles.py`` says the profiles); how much it is, of an oracle that judges every second by itself.
"""
