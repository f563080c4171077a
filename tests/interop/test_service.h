// grpc.testing.TestService (interop.proto) with the public rpc API alone, as gRPC's doc/interop-test-descriptions.md
// describes its server. It has these features of the document: EmptyCall, UnaryCall, StreamingInputCall,
// StreamingOutputCall, FullDuplexCall, Echo Status, Echo Metadata, ResponseParameters.interval_us; and HalfDuplexCall.
#pragma once

#include "mote/rpc/service_table.h"

namespace mote::interop {

rpc::Service test_service();

}  // namespace mote::interop
