"""What tools/export_sklearn.py and the scripts that make example models and fixtures share."""
