"""WHO IS AT RISK, opened: the safeguarding vault. Its own keys, its own database, its own pages, and nobody's way round.

Nothing of the main database comes in here but who signed in, and nothing of what is in here goes out but a receipt and a
page that says 'sign in'. See deploy/SECURITY.md, The vault.
"""
