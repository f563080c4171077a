// The Echo service on grpc-go.
//
//	grpc_go --listen HOST:PORT [--max-message-bytes N] [--fail-with TEXT]
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"math"
	"net"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"echo"
)

type server struct {
	echo.UnimplementedEchoServer
	failWith string
}

func nowUs() uint64 { return uint64(time.Now().UnixNano() / 1000) }

func replyTo(request *echo.EchoRequest, receivedUs uint64, number uint32) *echo.EchoReply {
	reply := &echo.EchoReply{Message: "You said: " + request.Message, Number: number}
	if request.Timing {
		reply.Timing = &echo.Timing{ReceivedUs: receivedUs, SentUs: nowUs()}
	}
	return reply
}

// echoed returns the metadata to send back, as initial metadata and as trailers.
func echoed(ctx context.Context) metadata.MD {
	pairs, back := metadata.MD{}, metadata.MD{}
	pairs, _ = metadata.FromIncomingContext(ctx)
	for key, values := range pairs {
		if strings.HasPrefix(key, "x-echo-") {
			back[key] = values
		}
	}
	return back
}

func answerMetadata(stream grpc.ServerStream) {
	stream.SetHeader(echoed(stream.Context()))
	stream.SetTrailer(echoed(stream.Context()))
}

func (s server) Reply(ctx context.Context, request *echo.EchoRequest) (*echo.EchoReply, error) {
	receivedUs := nowUs()
	if s.failWith != "" {
		return nil, status.Error(codes.FailedPrecondition, s.failWith)
	}
	grpc.SetHeader(ctx, echoed(ctx))
	grpc.SetTrailer(ctx, echoed(ctx))
	return replyTo(request, receivedUs, 0), nil
}

func (server) ReplyStream(request *echo.EchoRequest, stream echo.Echo_ReplyStreamServer) error {
	receivedUs := nowUs()
	answerMetadata(stream)
	for number := uint32(1); number == 1 || number <= request.Count; number++ {
		if number > 1 {
			select {
			case <-time.After(time.Duration(request.IntervalMs) * time.Millisecond):
			case <-stream.Context().Done():
				return status.FromContextError(stream.Context().Err()).Err()
			}
		}
		if err := stream.Send(replyTo(request, receivedUs, number)); err != nil {
			return err
		}
	}
	return nil
}

func (server) Collect(stream echo.Echo_CollectServer) error {
	answerMetadata(stream)
	summary := &echo.EchoSummary{}
	var first uint64
	for {
		request, err := stream.Recv()
		if err == io.EOF {
			if first != 0 {
				summary.DurationUs = nowUs() - first
			}
			return stream.SendAndClose(summary)
		}
		if err != nil {
			return err
		}
		if first == 0 {
			first = nowUs()
		}
		summary.Messages++
		summary.Bytes += uint64(len(request.Message))
	}
}

func (server) Chat(stream echo.Echo_ChatServer) error {
	answerMetadata(stream)
	for number := uint32(1); ; number++ {
		request, err := stream.Recv()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := stream.Send(replyTo(request, nowUs(), number)); err != nil {
			return err
		}
	}
}

func main() {
	address := flag.String("listen", "127.0.0.1:50051", "HOST:PORT")
	maxMessage := flag.Int("max-message-bytes", 65536, "the largest request message")
	failWith := flag.String("fail-with", "", "Reply fails with FAILED_PRECONDITION and this text")
	flag.Parse()
	listener, err := net.Listen("tcp", *address)
	if err != nil {
		log.Fatal(err)
	}
	service := grpc.NewServer(grpc.MaxRecvMsgSize(*maxMessage), grpc.MaxSendMsgSize(math.MaxInt32))
	echo.RegisterEchoServer(service, &server{failWith: *failWith})
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	go func() {
		<-stop
		service.Stop()
	}()
	fmt.Fprintf(os.Stderr, "version %s\n", grpc.Version)
	fmt.Fprintf(os.Stderr, "grpc-go: ready on %s\n", listener.Addr())
	if err := service.Serve(listener); err != nil {
		log.Fatal(err)
	}
}
