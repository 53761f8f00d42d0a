"""The errands: every module here enters its functions into the book with `@runs`; nothing has to be registered."""
