import echo.EchoGrpc;
import echo.EchoOuterClass.EchoReply;
import echo.EchoOuterClass.EchoRequest;
import echo.EchoOuterClass.EchoSummary;
import echo.EchoOuterClass.Timing;
import io.grpc.Context;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.internal.GrpcUtil;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** The Echo service on grpc-java: EchoServer --listen HOST:PORT [--max-message-bytes N] [--fail-with TEXT]. */
public final class EchoServer extends EchoGrpc.EchoImplBase {
  private final String failWith;

  private EchoServer(String failWith) {
    this.failWith = failWith;
  }

  private static long nowUs() {
    return ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now());
  }

  private static EchoReply replyTo(EchoRequest request, long receivedUs, int number) {
    EchoReply.Builder reply = EchoReply.newBuilder().setMessage("You said: " + request.getMessage()).setNumber(number);
    if (request.getTiming()) {
      reply.setTiming(Timing.newBuilder().setReceivedUs(receivedUs).setSentUs(nowUs()));
    }
    return reply.build();
  }

  @Override
  public void reply(EchoRequest request, StreamObserver<EchoReply> replies) {
    long receivedUs = nowUs();
    if (failWith != null) {
      replies.onError(Status.FAILED_PRECONDITION.withDescription(failWith).asRuntimeException());
      return;
    }
    replies.onNext(replyTo(request, receivedUs, 0));
    replies.onCompleted();
  }

  @Override
  public void replyStream(EchoRequest request, StreamObserver<EchoReply> replies) {
    long receivedUs = nowUs();
    ServerCallStreamObserver<EchoReply> observer = (ServerCallStreamObserver<EchoReply>) replies;
    for (int number = 1; number <= Math.max(request.getCount(), 1) && !observer.isCancelled(); ++number) {
      if (number > 1) {
        try {
          Thread.sleep(request.getIntervalMs());
        } catch (InterruptedException error) {
          Thread.currentThread().interrupt();
          break;
        }
      }
      replies.onNext(replyTo(request, receivedUs, number));
    }
    if (!Context.current().isCancelled()) {
      replies.onCompleted();
    }
  }

  @Override
  public StreamObserver<EchoRequest> collect(StreamObserver<EchoSummary> answer) {
    return new StreamObserver<>() {
      private final EchoSummary.Builder summary = EchoSummary.newBuilder();
      private long firstUs;

      @Override
      public void onNext(EchoRequest request) {
        firstUs = firstUs == 0 ? nowUs() : firstUs;
        summary.setMessages(summary.getMessages() + 1);
        summary.setBytes(summary.getBytes() + request.getMessage().getBytes(StandardCharsets.UTF_8).length);
      }

      @Override
      public void onError(Throwable error) {}

      @Override
      public void onCompleted() {
        answer.onNext(summary.setDurationUs(firstUs == 0 ? 0 : nowUs() - firstUs).build());
        answer.onCompleted();
      }
    };
  }

  @Override
  public StreamObserver<EchoRequest> chat(StreamObserver<EchoReply> replies) {
    return new StreamObserver<>() {
      private int number;

      @Override
      public void onNext(EchoRequest request) {
        replies.onNext(replyTo(request, nowUs(), ++number));
      }

      @Override
      public void onError(Throwable error) {}

      @Override
      public void onCompleted() {
        replies.onCompleted();
      }
    };
  }

  /** Metadata whose name starts with x-echo- comes back, as initial metadata and as trailers. */
  private static final class EchoMetadata implements ServerInterceptor {
    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
      Metadata echoed = new Metadata();
      for (String name : headers.keys()) {
        if (!name.startsWith("x-echo-")) {
          continue;
        }
        if (name.endsWith(Metadata.BINARY_HEADER_SUFFIX)) {
          Metadata.Key<byte[]> key = Metadata.Key.of(name, Metadata.BINARY_BYTE_MARSHALLER);
          headers.getAll(key).forEach(value -> echoed.put(key, value));
        } else {
          Metadata.Key<String> key = Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
          headers.getAll(key).forEach(value -> echoed.put(key, value));
        }
      }
      return next.startCall(new SimpleForwardingServerCall<>(call) {
        @Override
        public void sendHeaders(Metadata initial) {
          initial.merge(echoed);
          super.sendHeaders(initial);
        }

        @Override
        public void close(Status status, Metadata trailers) {
          trailers.merge(echoed);
          super.close(status, trailers);
        }
      }, headers);
    }
  }

  public static void main(String[] arguments) throws Exception {
    String host = "127.0.0.1";
    int port = 0;
    int maximum = 65_536;
    String failWith = null;
    for (int at = 0; at + 1 < arguments.length; at += 2) {
      if (arguments[at].equals("--listen")) {
        int colon = arguments[at + 1].lastIndexOf(':');
        host = arguments[at + 1].substring(0, colon);
        port = Integer.parseInt(arguments[at + 1].substring(colon + 1));
      } else if (arguments[at].equals("--max-message-bytes")) {
        maximum = Integer.parseInt(arguments[at + 1]);
      } else if (arguments[at].equals("--fail-with")) {
        failWith = arguments[at + 1];
      }
    }
    Server server = NettyServerBuilder.forAddress(new InetSocketAddress(host, port))
        .maxInboundMessageSize(maximum)
        .intercept(new EchoMetadata())
        .addService(new EchoServer(failWith))
        .build()
        .start();
    // The JVM ends with 143 after SIGTERM unless it is halted.
    Runtime.getRuntime().addShutdownHook(new Thread(() -> {
      server.shutdownNow();
      Runtime.getRuntime().halt(0);
    }));
    System.err.println("version " + GrpcUtil.getGrpcBuildVersion().getImplementationVersion());
    System.err.println("grpc-java: ready on " + host + ":" + server.getPort());
    server.awaitTermination();
  }
}
