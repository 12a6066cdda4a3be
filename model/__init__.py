"""What the specification says: tables, messages and keys, and pure functions over them."""
