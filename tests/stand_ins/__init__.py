"""Providers that are not there, as they are documented: each keeps a ledger of what it took."""
