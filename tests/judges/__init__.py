"""Judges from outside: other engines and other people's tools look at the same product. `make judges` runs them."""
