"""Floor 3: the only I/O: files, sockets, tokens, threads."""
