"""The files of the block, as they would lie in the program."""
