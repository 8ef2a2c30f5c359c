"""From an ONNX graph to a plan for the kernels of `site_assets/engine`: read, simplify, lower, lay
out, encode, verify. Knows graphs, numpy and onnxruntime; nothing of chapters, pages or torch."""
