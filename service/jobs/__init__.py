"""What runs later, and the only room that knows dbos: `queue` is its face, `worker` runs what is queued."""
