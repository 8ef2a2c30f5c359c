"""The same numbers from torch, onnxruntime and the reader's browser."""
