"""What is told of rules once they are compiled: reports for programs and for people, and their documents as bytes."""
