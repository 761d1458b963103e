"""Code that tools/export_sklearn.py shares with the scripts that make example models and fixtures."""
