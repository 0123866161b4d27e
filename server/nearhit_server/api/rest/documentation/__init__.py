"""What the HTTP port says of itself, to programs and to people."""
