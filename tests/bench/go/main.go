// grpc-go as its examples write it.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"os/signal"
	"syscall"

	"google.golang.org/grpc"

	"mote/echo"
)

type server struct {
	echo.UnimplementedEchoServer
}

func said(request *echo.EchoRequest, number uint32) *echo.EchoReply {
	return &echo.EchoReply{Message: "You said: " + request.Message, Number: number}
}

func (server) Reply(_ context.Context, request *echo.EchoRequest) (*echo.EchoReply, error) {
	return said(request, 0), nil
}

func (server) ReplyStream(request *echo.EchoRequest, stream echo.Echo_ReplyStreamServer) error {
	for i := uint32(1); i <= request.Count; i++ {
		if err := stream.Send(said(request, i)); err != nil {
			return err
		}
	}
	return nil
}

func (server) Collect(stream echo.Echo_CollectServer) error {
	summary := &echo.EchoSummary{}
	for {
		request, err := stream.Recv()
		if err == io.EOF {
			return stream.SendAndClose(summary)
		}
		if err != nil {
			return err
		}
		summary.Messages++
		summary.Bytes += uint64(len(request.Message))
	}
}

func (server) Chat(stream echo.Echo_ChatServer) error {
	for number := uint32(1); ; number++ {
		request, err := stream.Recv()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := stream.Send(said(request, number)); err != nil {
			return err
		}
	}
}

func main() {
	address := flag.String("listen", "127.0.0.1:50051", "HOST:PORT")
	flag.Parse()
	listener, err := net.Listen("tcp", *address)
	if err != nil {
		log.Fatal(err)
	}
	service := grpc.NewServer()
	echo.RegisterEchoServer(service, &server{})
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	go func() {
		<-stop
		service.Stop()
	}()
	fmt.Fprintf(os.Stderr, "grpc-go: ready on %s\n", listener.Addr())
	if err := service.Serve(listener); err != nil {
		log.Fatal(err)
	}
}
