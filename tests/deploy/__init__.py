"""What is deployed, held against the code, the definitions and itself."""
