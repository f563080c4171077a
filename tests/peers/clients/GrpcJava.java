import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.internal.GrpcUtil;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.handler.ssl.NettyAlpn;
import io.netty.handler.ssl.SslContext;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** grpc-java on Netty as a client program (harness.py has the protocol): GrpcJava TARGET. */
public final class GrpcJava {
  private static final long PATIENCE_MS = 60_000;
  private static final String TLS = "tls:";
  private static final HexFormat HEX = HexFormat.of();

  private static final MethodDescriptor.Marshaller<byte[]> BYTES = new MethodDescriptor.Marshaller<>() {
    @Override
    public InputStream stream(byte[] message) {
      return new ByteArrayInputStream(message);
    }

    @Override
    public byte[] parse(InputStream stream) {
      try {
        return stream.readAllBytes();
      } catch (IOException error) {
        throw new UncheckedIOException(error);
      }
    }
  };

  /** One line of the harness: the calls to make. */
  private static final class Order {
    String kind;
    String path;
    String numbered;
    List<byte[]> messages = new ArrayList<>();
    final List<String[]> metadata = new ArrayList<>();
    long timeoutMs = PATIENCE_MS;
    int cancelAfter = -1;
    int times = 1;
    int atOnce = 1;
    boolean lockstep;
    boolean untilFailure;

    Order(List<String> words) {
      int copies = 1;
      for (String word : words) {
        String[] pair = word.split("=", 2);
        switch (pair[0]) {
          case "kind" -> kind = pair[1];
          case "path" -> path = pair[1];
          case "message" -> messages.add(HEX.parseHex(pair[1]));
          case "copies" -> copies = Integer.parseInt(pair[1]);
          case "metadata" -> metadata.add(pair[1].split(":", 2));
          case "numbered" -> numbered = pair[1];
          case "timeout-ms" -> timeoutMs = Long.parseLong(pair[1]);
          case "cancel-after" -> cancelAfter = Integer.parseInt(pair[1]);
          case "times" -> times = Integer.parseInt(pair[1]);
          case "at-once" -> atOnce = Integer.parseInt(pair[1]);
          case "lockstep" -> lockstep = true;
          case "until-failure" -> untilFailure = true;
          default -> throw new IllegalArgumentException(word);
        }
      }
      List<byte[]> once = messages;
      messages = new ArrayList<>();
      for (int copy = 0; copy < copies; ++copy) {
        messages.addAll(once);
      }
    }

    MethodDescriptor.MethodType type() {
      return switch (kind) {
        case "unary" -> MethodDescriptor.MethodType.UNARY;
        case "server" -> MethodDescriptor.MethodType.SERVER_STREAMING;
        case "client" -> MethodDescriptor.MethodType.CLIENT_STREAMING;
        default -> MethodDescriptor.MethodType.BIDI_STREAMING;
      };
    }

    Metadata headers(int number) {
      Metadata headers = new Metadata();
      for (String[] pair : metadata) {
        byte[] value = HEX.parseHex(pair[1]);
        if (pair[0].endsWith(Metadata.BINARY_HEADER_SUFFIX)) {
          headers.put(Metadata.Key.of(pair[0], Metadata.BINARY_BYTE_MARSHALLER), value);
        } else {
          headers.put(text(pair[0]), new String(value, StandardCharsets.US_ASCII));
        }
      }
      if (numbered != null) {
        headers.put(text(numbered), Integer.toString(number));
      }
      return headers;
    }
  }

  /** Makes the calls of an order, and counts how they end. */
  private static final class Calls {
    private final ManagedChannel channel;
    private final Order order;
    private final MethodDescriptor<byte[], byte[]> method;
    private final Map<String, Integer> outcomes = new HashMap<>();
    private int next;
    private int withReply;
    private int replies;
    private OneCall last;

    Calls(ManagedChannel channel, Order order) {
      this.channel = channel;
      this.order = order;
      method = MethodDescriptor.newBuilder(BYTES, BYTES)
          .setType(order.type())
          .setFullMethodName(order.path.substring(1))
          .build();
    }

    void run() throws InterruptedException {
      List<Thread> workers = new ArrayList<>();
      for (int worker = 0; worker < order.atOnce; ++worker) {
        workers.add(new Thread(this::work));
      }
      workers.forEach(Thread::start);
      for (Thread worker : workers) {
        worker.join();
      }
      StringBuilder lines = new StringBuilder();
      outcomes.forEach((key, count) -> lines.append("outcome ").append(key.replaceFirst(" ", " " + count + " ")).append('\n'));
      add(lines, "initial", last.initial);
      add(lines, "trailing", last.trailing);
      if (order.times == 1) {
        last.received.forEach(reply -> lines.append("reply ").append(HEX.formatHex(reply)).append('\n'));
      }
      System.out.print(lines.append("replies ").append(replies).append("\ndone\n"));
      System.out.flush();
    }

    private synchronized int takeNumber() {
      return next < order.times ? next++ : -1;
    }

    private void work() {
      for (int number = takeNumber(); number >= 0; number = takeNumber()) {
        OneCall call = new OneCall(this);
        call.run(number);
        synchronized (this) {
          last = call;
          String text = call.status.getDescription() == null ? "" : call.status.getDescription();
          String key = call.status.getCode().value() + " " + HEX.formatHex(text.getBytes(StandardCharsets.UTF_8));
          outcomes.merge(key, 1, Integer::sum);
          if (!call.status.isOk() && order.untilFailure) {
            next = order.times;
          }
        }
      }
    }

    private synchronized void noteReply(boolean isFirst) {
      ++replies;
      if (isFirst && ++withReply == order.atOnce) {
        System.out.println("started");
      }
    }
  }

  private static final class OneCall extends ClientCall.Listener<byte[]> {
    final List<byte[]> received = new ArrayList<>();
    Metadata initial = new Metadata();
    Metadata trailing = new Metadata();
    Status status;
    private final Calls calls;
    private final Order order;
    private final CountDownLatch ended = new CountDownLatch(1);
    private ClientCall<byte[], byte[]> call;
    private int sent;

    OneCall(Calls calls) {
      this.calls = calls;
      order = calls.order;
    }

    void run(int number) {
      CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(order.timeoutMs, TimeUnit.MILLISECONDS);
      call = calls.channel.newCall(calls.method, options);
      call.start(this, order.headers(number));
      call.request(1);
      sendNext();
      while (!order.lockstep && sent <= order.messages.size()) {
        sendNext();
      }
      if (order.cancelAfter == 0) {
        call.cancel("cancelled by the test", null);
      }
      try {
        ended.await();
      } catch (InterruptedException error) {
        throw new IllegalStateException(error);
      }
    }

    private void sendNext() {
      if (sent < order.messages.size()) {
        call.sendMessage(order.messages.get(sent));
      } else {
        call.halfClose();
      }
      ++sent;
    }

    @Override
    public void onHeaders(Metadata headers) {
      initial = headers;
    }

    @Override
    public void onMessage(byte[] reply) {
      received.add(reply);
      calls.noteReply(received.size() == 1);
      if (received.size() == order.cancelAfter) {
        call.cancel("cancelled by the test", null);
        return;
      }
      if (order.lockstep) {
        sendNext();
      }
      call.request(1);
    }

    @Override
    public void onClose(Status ending, Metadata trailers) {
      status = ending;
      trailing = trailers;
      ended.countDown();
    }
  }

  private static Metadata.Key<String> text(String name) {
    return Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
  }

  private static void add(StringBuilder lines, String kind, Metadata metadata) {
    for (String name : metadata.keys()) {
      if (name.startsWith(":")) {
        continue; // From an answer that is not gRPC, such as a proxy's 502.
      }
      if (name.endsWith(Metadata.BINARY_HEADER_SUFFIX)) {
        for (byte[] value : metadata.getAll(Metadata.Key.of(name, Metadata.BINARY_BYTE_MARSHALLER))) {
          lines.append(kind).append(' ').append(name).append(' ').append(HEX.formatHex(value)).append('\n');
        }
      } else {
        for (String value : metadata.getAll(text(name))) {
          String hex = HEX.formatHex(value.getBytes(StandardCharsets.US_ASCII));
          lines.append(kind).append(' ').append(name).append(' ').append(hex).append('\n');
        }
      }
    }
  }

  /** TLS with the files that tls.py names. */
  private static SslContext security() throws Exception {
    String[] versions = System.getenv("PEERS_TLS").equals("1.2") ? new String[] {"TLSv1.2"} : new String[] {"TLSv1.3", "TLSv1.2"};
    return NettyAlpn.forClient(file("PEERS_CA"), file("PEERS_CERTIFICATE"), file("PEERS_KEY"), versions);
  }

  private static File file(String variable) {
    String name = System.getenv(variable);
    return name == null ? null : new File(name);
  }

  private static ManagedChannel connect(String target) throws Exception {
    NettyChannelBuilder builder;
    if (target.startsWith(TLS)) {
      builder = NettyChannelBuilder.forTarget(target.substring(TLS.length())).sslContext(security());
    } else {
      builder = NettyChannelBuilder.forTarget(target).usePlaintext();
    }
    return builder.maxInboundMessageSize(Integer.MAX_VALUE).build();
  }

  public static void main(String[] arguments) throws Exception {
    ManagedChannel channel = connect(arguments[0]);
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      List<String> words = Arrays.asList(line.split(" "));
      if (words.get(0).equals("version")) {
        System.out.println("version " + GrpcUtil.getGrpcBuildVersion().getImplementationVersion());
      } else {
        new Calls(channel, new Order(words.subList(1, words.size()))).run();
      }
    }
    channel.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
  }
}
