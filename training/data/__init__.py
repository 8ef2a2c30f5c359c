"""The book's data sets: all drawn, simulated or shipped with scikit-learn; nothing downloads."""
