"""Tests of `book`, the package that cells import; knows no builder."""
