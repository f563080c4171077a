"""The parts of protoc-gen-mote."""
