"""Tests of export, cards and fingerprints (`training/publish/`)."""
