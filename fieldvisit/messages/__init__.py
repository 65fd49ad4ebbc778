"""Sending: what is to be told, the ways it goes out, and what is heard back."""
