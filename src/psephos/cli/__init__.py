"""Commands: `psephos PARTY VERB`. One file per party; this layer reads files, asks, shows, and decides nothing."""
