"""How each block is checked: a file beside each of ``runtime/operations/``, and the list of them."""
