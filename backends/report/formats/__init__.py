"""Report formats: JSON, SARIF, JUnit, GitHub annotations, Markdown, text."""
