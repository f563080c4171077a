package io.netty.handler.ssl;

import java.io.File;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;

/**
 * Contexts of TLS that offer "h2" with the ALPN of the JDK. Debian builds Netty 4.1.48 without the class that does so,
 * JdkAlpnApplicationProtocolNegotiator, but with the engine that this class would use. That engine is package-private.
 */
public final class NettyAlpn {
  private NettyAlpn() {}

  /** With the cipher suites that Netty offers by default. `certificate` and `key` are null for a client that has none. */
  public static SslContext forClient(File authority, File certificate, File key, String... versions) throws Exception {
    KeyManager[] keys = null;
    if (certificate != null) {
      keys = JdkSslContext.buildKeyManagerFactory(certificate, key, null, null, null).getKeyManagers();
    }
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys, SslContext.buildTrustManagerFactory(authority, null, null).getTrustManagers(), null);
    var h2 = new JdkBaseApplicationProtocolNegotiator(
        Java9SslEngine::new,
        JdkBaseApplicationProtocolNegotiator.NO_FAIL_SELECTOR_FACTORY,
        JdkBaseApplicationProtocolNegotiator.NO_FAIL_SELECTION_LISTENER_FACTORY,
        ApplicationProtocolNames.HTTP_2);
    return new JdkSslContext(context, true, null, IdentityCipherSuiteFilter.INSTANCE, h2, ClientAuth.NONE, versions, false);
  }
}
