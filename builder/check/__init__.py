"""Checks of the built site: what a build cannot see before all of it is there."""
