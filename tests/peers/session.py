"""A fresh server and its clients for one behaviour, with or without a proxy between them."""

import contextlib
import re

from harness import Client, Failed, Gateway

# Events that the lean engine logs when it aborts or refuses a connection.
FAULT = re.compile(r"event=(connection-error|connection-aborted|connection-refused|tls-refused|tls-failed)")


class Session:
    def __init__(self, client_command, server_command, options=(), proxy=None, environment=None, logs=True, tls=None):
        """`proxy` is a subclass of harness.Proxy or None. `logs`: the server is the lean engine, which logs its connections. `tls`: a
        tls.Tls, for the client or, if there is one, for the proxy."""
        self._client_command, self._environment = client_command, environment
        self._server_command, self._options = server_command, options
        self._proxy_kind, self._logs = proxy, logs
        self._tls = tls
        self._clients = []

    def __enter__(self):
        self._stack = contextlib.ExitStack()
        log = ("--log-level", "debug") if self._logs else ()
        options = (*self._options, *(self._tls.gateway_options() if self._tls else ()))
        listen = ("tls:127.0.0.1:0" if self._tls else "127.0.0.1:0",)
        self.server = Gateway(*log, *options, listen=listen, command=self._server_command)
        self.server.start()
        self._stack.callback(self.server.kill)
        self.proxy = self._stack.enter_context(self._proxy_kind(self.server.target, self._tls)) if self._proxy_kind else None
        return self

    def __exit__(self, kind, *_):
        with self._stack:
            for client in self._clients:
                client.kill() if kind else client.close()

    @property
    def target(self):
        return self.proxy.target if self.proxy else self.server.target

    def client(self, environment=None):
        of_tls = self._tls.environment() if self._tls and not self.proxy else None
        client = Client(self._client_command, self.target, environment or of_tls or self._environment)
        self._clients.append(client)
        return client

    def connections(self):
        """The number of connections that the gateway has accepted."""
        return len(re.findall("event=connection-opened", self.server.stderr))

    def expect_upstream_connections(self, most):
        if self._logs and self.connections() > most:
            raise Failed(f"{self.connections()} connections were opened to the gateway, not {most}")

    def check(self, connections):
        """The gateway still works, and no connection of this session ended with a fault."""
        if self.proxy:
            self.proxy.check()
        if self._logs:
            faults = [line for line in self.server.stderr.splitlines() if FAULT.search(line)]
            if faults:
                raise Failed("\n".join(faults[:5]))
            if not self.proxy:
                self.expect_upstream_connections(connections)
        for client in self._clients:
            client.close()
        self.server.stop()

    def evidence(self):
        """The last lines of the logs of the server and the proxy."""
        text = "".join(f"  server: {line}\n" for line in self.server.stderr.splitlines()[-5:])
        if self.proxy:
            text += "".join(f"  {self.proxy.name}: {line}\n" for line in self.proxy.log().splitlines()[-5:])
        return text
