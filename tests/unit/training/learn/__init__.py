"""Tests of networks and their fitting (`training/learn/`)."""
