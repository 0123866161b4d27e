"""Messages and service stubs of the package nearhit.v1, generated from proto/ by the build."""
