"""From protobuf messages to the core's values and back. Pure."""
