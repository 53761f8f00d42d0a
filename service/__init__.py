"""crampwatch: watch files in, evidence-linked cramp-risk assessments out."""
