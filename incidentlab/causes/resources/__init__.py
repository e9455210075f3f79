"""The causes around limits: of connections, disk, memory, time, locks and identifiers."""
