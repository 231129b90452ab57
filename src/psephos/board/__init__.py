"""Where public facts stand: a transparency log in C2SP's formats. Bytes only; one file per document."""
