"""The public's questions: numbered checks, an audit that runs them all, a report of what they found. Pure."""
