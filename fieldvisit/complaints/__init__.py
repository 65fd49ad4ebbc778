"""The tenant is unhappy: a complaint in two stages, with the Ombudsman's clocks."""
