"""The gRPC services of the package nearhit.v1."""
