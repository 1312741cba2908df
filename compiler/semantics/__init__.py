"""What a query means: the matcher of documents, groups and streams."""
