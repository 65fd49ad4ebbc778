"""Proving who is at the door: live and printed badges, their codes, their standing."""
