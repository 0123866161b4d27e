"""The LangCache REST API, as its official SDKs speak it."""
