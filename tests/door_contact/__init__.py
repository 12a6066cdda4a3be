"""A small block that the station does not have: a door contact, whose open door ends charging.

``block/`` holds all that a block is made of, in the files in which it would be; ``touching.py`` says what of the
existing files it would change. The tests hand it to the registry from outside, and put it into a copy of the program.
"""
