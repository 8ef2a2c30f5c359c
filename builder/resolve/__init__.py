"""Connects what chapters name with what there is. Pure; knows what `load` and `parse` made."""
