"""Trains the book's models and publishes them as ONNX graphs, arrays and a card each."""
