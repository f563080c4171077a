// Apart from the rest, so that an image that does not use the texts does not contain them.
#include "mote/port_tls.h"

const char* mote_tls_result_text(mote_tls_result result) {
  switch (result) {
    case MOTE_TLS_OK:
      return "no error";
    case MOTE_TLS_NO_ENTROPY:
      return "the port has no source of entropy";
    case MOTE_TLS_ENTROPY_FAILED:
      return "the source of entropy failed";
    case MOTE_TLS_NO_MEMORY:
      return "the memory for TLS is too small";
    case MOTE_TLS_UNSUPPORTED:
      return "these options contradict each other, or this program is built without them";
    case MOTE_TLS_BAD_SERVER_NAME:
      return "the server name is missing or too long";
    case MOTE_TLS_BAD_CA:
      return "no usable certificate of an authority (ECDSA on P-256)";
    case MOTE_TLS_BAD_CERTIFICATE:
      return "no usable certificate (ECDSA on P-256)";
    case MOTE_TLS_BAD_KEY:
      return "the key cannot be read, or is not the key of the certificate";
    case MOTE_TLS_BAD_PSK:
      return "a pre-shared key needs an identity, and 16 to 32 bytes";
    case MOTE_TLS_NO_CONNECTION:
      return "no connection";
    case MOTE_TLS_TIMEOUT:
      return "the TLS handshake took too long";
    case MOTE_TLS_CLOSED:
      return "the server closed the connection";
    case MOTE_TLS_NOT_TLS:
      return "the server does not speak TLS, or sent a record that is too large";
    case MOTE_TLS_UNTRUSTED:
      return "the server's certificate is not signed by the given authority";
    case MOTE_TLS_WRONG_NAME:
      return "the server's certificate is for another name";
    case MOTE_TLS_EXPIRED:
      return "the server's certificate has expired";
    case MOTE_TLS_NOT_VALID_YET:
      return "the server's certificate is not valid yet: check both clocks";
    case MOTE_TLS_WEAK_CERTIFICATE:
      return "the server's certificate has a key or a signature that is not accepted";
    case MOTE_TLS_NO_H2:
      return "the server did not select h2 (ALPN)";
    case MOTE_TLS_NOTHING_IN_COMMON:
      return "no common version, cipher suite or curve";
    case MOTE_TLS_ALERT:
      return "the server refused with an alert";
    case MOTE_TLS_FAILED:
      break;
  }
  return "a record could not be read: it was changed, or the server refuses this device (see its log)";
}
