"""Markdown to a document of typed nodes. Pure; knows the text of one chapter and nothing else."""
