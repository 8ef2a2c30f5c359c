"""Models that train in the reader's browser: declared once, run by torch and as ONNX graphs."""
