"""What the tenant sees: the check of a badge, my visit, rights."""
