"""What the compiler turns its programs into: proofs, documents, mappings, reports."""
