// grpc-go as a client program (harness.py has the protocol).
//
//	grpc_go TARGET
package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"io"
	"log"
	"math"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

const patience = 60 * time.Second

// The messages are already bytes. An empty name keeps the content type application/grpc.
type bytesCodec struct{}

func (bytesCodec) Marshal(message interface{}) ([]byte, error) { return *message.(*[]byte), nil }
func (bytesCodec) Unmarshal(data []byte, message interface{}) error {
	*message.(*[]byte) = append([]byte{}, data...)
	return nil
}
func (bytesCodec) Name() string   { return "" }
func (bytesCodec) String() string { return "" }

type order struct {
	kind, path, numbered   string
	messages               [][]byte
	metadata               []string
	timeout                time.Duration
	cancelAfter            int // -1: never
	times, atOnce          int
	lockstep, untilFailure bool
}

type calls struct {
	order
	connection *grpc.ClientConn

	lock              sync.Mutex
	next, withReply   int
	outcomes          map[string]int
	replies           int
	lastReplies       [][]byte
	initial, trailing metadata.MD
}

func unhex(text string) []byte {
	data, err := hex.DecodeString(text)
	if err != nil {
		log.Fatal(err)
	}
	return data
}

func number(text string) int {
	value, err := strconv.Atoi(text)
	if err != nil {
		log.Fatal(err)
	}
	return value
}

func parse(words []string) order {
	parsed := order{timeout: patience, cancelAfter: -1, times: 1, atOnce: 1}
	copies := 1
	for _, word := range words {
		parts := strings.SplitN(word, "=", 2)
		switch value := parts[1]; parts[0] {
		case "kind":
			parsed.kind = value
		case "path":
			parsed.path = value
		case "message":
			parsed.messages = append(parsed.messages, unhex(value))
		case "copies":
			copies = number(value)
		case "metadata":
			pair := strings.SplitN(value, ":", 2)
			parsed.metadata = append(parsed.metadata, pair[0], string(unhex(pair[1])))
		case "numbered":
			parsed.numbered = value
		case "timeout-ms":
			parsed.timeout = time.Duration(number(value)) * time.Millisecond
		case "cancel-after":
			parsed.cancelAfter = number(value)
		case "times":
			parsed.times = number(value)
		case "at-once":
			parsed.atOnce = number(value)
		case "lockstep":
			parsed.lockstep = true
		case "until-failure":
			parsed.untilFailure = true
		}
	}
	once := parsed.messages
	for copy := 1; copy < copies; copy++ {
		parsed.messages = append(parsed.messages, once...)
	}
	return parsed
}

func (c *calls) noteReply(replies *[][]byte, reply []byte) {
	*replies = append(*replies, reply)
	c.lock.Lock()
	defer c.lock.Unlock()
	c.replies++
	if len(*replies) > 1 {
		return
	}
	c.withReply++
	if c.withReply == c.atOnce {
		fmt.Println("started")
	}
}

func (c *calls) unary(ctx context.Context, initial, trailing *metadata.MD, replies *[][]byte) error {
	var reply []byte
	err := c.connection.Invoke(ctx, c.path, &c.messages[0], &reply, grpc.Header(initial), grpc.Trailer(trailing))
	if err == nil {
		c.noteReply(replies, reply)
	}
	return err
}

func (c *calls) stream(ctx context.Context, cancel func(), initial, trailing *metadata.MD, replies *[][]byte) error {
	description := &grpc.StreamDesc{ServerStreams: c.kind == "server" || c.kind == "bidi", ClientStreams: c.kind == "client" || c.kind == "bidi"}
	stream, err := c.connection.NewStream(ctx, description, c.path)
	if err != nil {
		return err
	}
	read := func() error {
		var reply []byte
		if err := stream.RecvMsg(&reply); err != nil {
			return err
		}
		c.noteReply(replies, reply)
		if len(*replies) == c.cancelAfter {
			cancel()
		}
		return nil
	}
	send := func() error {
		for place := range c.messages {
			if err := stream.SendMsg(&c.messages[place]); err != nil {
				return err
			}
			if c.lockstep {
				if err := read(); err != nil {
					return err
				}
			}
		}
		return stream.CloseSend()
	}
	if c.cancelAfter == 0 {
		stream.SendMsg(&c.messages[0])
		cancel()
	} else if c.lockstep {
		err = send()
	} else {
		go send()
	}
	for err == nil {
		if err = read(); c.kind == "unary" || c.kind == "client" {
			break
		}
	}
	if err == nil || err == io.EOF {
		*initial, _ = stream.Header()
		*trailing = stream.Trailer()
		return nil
	}
	return err
}

// one makes a call and returns true if it ended with OK.
func (c *calls) one(place int) bool {
	ctx, cancel := context.WithTimeout(context.Background(), c.timeout)
	defer cancel()
	pairs := append([]string{}, c.metadata...)
	if c.numbered != "" {
		pairs = append(pairs, c.numbered, strconv.Itoa(place))
	}
	ctx = metadata.AppendToOutgoingContext(ctx, pairs...)
	var initial, trailing metadata.MD
	var replies [][]byte
	var err error
	if c.kind == "unary" && c.cancelAfter < 0 {
		err = c.unary(ctx, &initial, &trailing, &replies)
	} else {
		err = c.stream(ctx, cancel, &initial, &trailing, &replies)
	}
	ended := status.Convert(err)
	c.lock.Lock()
	defer c.lock.Unlock()
	c.outcomes[fmt.Sprintf("%d %s", ended.Code(), hex.EncodeToString([]byte(ended.Message())))]++
	c.lastReplies, c.initial, c.trailing = replies, initial, trailing
	return err == nil
}

func (c *calls) work() {
	for {
		c.lock.Lock()
		place := c.next
		c.next++
		c.lock.Unlock()
		if place >= c.times {
			return
		}
		if !c.one(place) && c.untilFailure {
			c.lock.Lock()
			c.next = c.times
			c.lock.Unlock()
		}
	}
}

func printMetadata(name string, pairs metadata.MD) {
	for key, values := range pairs {
		for _, value := range values {
			fmt.Println(name, key, hex.EncodeToString([]byte(value)))
		}
	}
}

func (c *calls) run() {
	var workers sync.WaitGroup
	for worker := 0; worker < c.atOnce; worker++ {
		workers.Add(1)
		go func() {
			defer workers.Done()
			c.work()
		}()
	}
	workers.Wait()
	for outcome, count := range c.outcomes {
		words := strings.SplitN(outcome, " ", 2)
		fmt.Println("outcome", words[0], count, words[1])
	}
	printMetadata("initial", c.initial)
	printMetadata("trailing", c.trailing)
	if c.times == 1 {
		for _, reply := range c.lastReplies {
			fmt.Println("reply", hex.EncodeToString(reply))
		}
	}
	fmt.Printf("replies %d\ndone\n", c.replies)
}

// TLS with the files that tls.py names, or plaintext.
func security(withTLS bool) grpc.DialOption {
	if !withTLS {
		return grpc.WithInsecure()
	}
	authority, err := os.ReadFile(os.Getenv("PEERS_CA"))
	if err != nil {
		log.Fatal(err)
	}
	config := &tls.Config{RootCAs: x509.NewCertPool()}
	config.RootCAs.AppendCertsFromPEM(authority)
	if os.Getenv("PEERS_TLS") == "1.2" {
		config.MaxVersion = tls.VersionTLS12
	}
	if file := os.Getenv("PEERS_CERTIFICATE"); file != "" {
		pair, err := tls.LoadX509KeyPair(file, os.Getenv("PEERS_KEY"))
		if err != nil {
			log.Fatal(err)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return grpc.WithTransportCredentials(credentials.NewTLS(config))
}

func main() {
	target := strings.TrimPrefix(os.Args[1], "tls:")
	connection, err := grpc.Dial(target, security(target != os.Args[1]), grpc.WithDefaultCallOptions(
		grpc.ForceCodec(bytesCodec{}), grpc.MaxCallRecvMsgSize(math.MaxInt32), grpc.MaxCallSendMsgSize(math.MaxInt32)))
	if err != nil {
		log.Fatal(err)
	}
	defer connection.Close()
	lines := bufio.NewReader(os.Stdin)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return
		}
		words := strings.Fields(line)
		if words[0] == "version" {
			fmt.Println("version", grpc.Version)
			continue
		}
		calls := &calls{order: parse(words[1:]), connection: connection, outcomes: map[string]int{}}
		calls.run()
	}
}
