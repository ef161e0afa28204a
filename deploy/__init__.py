"""What brings the service to where it runs: templates, the image's parts and its check."""
