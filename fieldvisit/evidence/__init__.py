"""Photos: cleaned before they are kept, served to who may see, purged on the day."""
