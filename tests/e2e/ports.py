"""Ports for servers that cannot choose one themselves."""

import random
import socket


def unused_port():
    """A TCP port of 127.0.0.1 that nobody has.

    It lies below those that the kernel gives out (ip_local_port_range, from 32768): until the server listens, a test beside this one
    does not get it by chance.
    """
    while True:
        port = random.randrange(16384, 32768)
        with socket.socket() as tried:
            try:
                tried.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
