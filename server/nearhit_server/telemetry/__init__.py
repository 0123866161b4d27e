"""What operators see of the server: metrics, one log line a call, and traces."""
