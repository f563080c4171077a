// Refused: _ZN4mote5hpack7missingEv
namespace mote::hpack {
int missing();
}

int call_missing() {
  return mote::hpack::missing();
}
