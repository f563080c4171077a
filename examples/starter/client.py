#!/usr/bin/python3
"""Reports a value with grpcio and prints the answer.

    client.py [ADDRESS [DEVICE [VALUE]]]
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "build/host/python"))
import grpc
import starter_pb2
import starter_pb2_grpc


def main():
    address, device, value = (sys.argv[1:] + ["127.0.0.1:50052", "pump-1", "21.5"][len(sys.argv) - 1 :])[:3]
    with grpc.insecure_channel(address) as channel:
        stub = starter_pb2_grpc.StarterStub(channel)
        reply = stub.Report(starter_pb2.ReportRequest(device=device, value=float(value)), wait_for_ready=True, timeout=30)
        print(f"values: {reply.values}")


if __name__ == "__main__":
    main()
