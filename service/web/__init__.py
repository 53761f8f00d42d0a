"""The pages: for people who would rather look than read. Templates over the same handlers and documents as the API."""
