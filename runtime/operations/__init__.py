"""One module for each functional block: it binds the block's names in the tables to functions over its records.

A new block is one table, one module here that ends in a class, its name in ``BLOCKS``, and one test file.
"""
