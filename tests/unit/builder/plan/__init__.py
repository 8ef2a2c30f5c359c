"""Plans, and the kernels that run them: small graphs against numpy and torch."""
