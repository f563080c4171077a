"""What tests of the listener of metrics share."""

import unittest

import http1_client as http
from gateway import Gateway


class MonitorTestCase(unittest.TestCase):
    """Starts a gateway with such a listener for each test, with the flags in `options`."""

    options = ()

    def setUp(self):
        self.start(*self.options)

    def start(self, *options):
        self.gateway = Gateway("--http", "127.0.0.1:0", *options).start()
        self.addCleanup(self.gateway.stop)
        self.address = http.monitor_address(self.gateway)

    def connect(self, **named):
        connection = http.Connection(self.address, **named)
        self.addCleanup(connection.close)
        return connection
