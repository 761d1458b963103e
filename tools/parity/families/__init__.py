"""One module a family. Each adds its models to the suite, in the order of docs/models.md."""
