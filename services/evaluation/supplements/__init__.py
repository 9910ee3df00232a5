"""What is said beside a document: answers to what it leaves open, and its rules as data."""
