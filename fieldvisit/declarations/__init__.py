"""Gifts, hospitality and interests: who was offered what, and who is kept from whom."""
