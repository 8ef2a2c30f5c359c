"""From a trained model to files that others read: ONNX, card, fingerprint. Knows no recipe."""
