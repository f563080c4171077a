# The Echo service on Ruby's grpc.
#
#   grpc_ruby.rb STUBS_FOLDER --listen HOST:PORT [--max-message-bytes N] [--fail-with TEXT]
require 'optparse'
$LOAD_PATH.unshift(ARGV.shift)
require 'grpc'
require 'echo_services_pb'

def now_us
  Process.clock_gettime(Process::CLOCK_REALTIME, :microsecond)
end

# The Echo service.
class EchoServer < Echo::Echo::Service
  def initialize(fail_with)
    @fail_with = fail_with
    super()
  end

  def reply(request, call)
    received_us = now_us
    raise GRPC::FailedPrecondition, @fail_with if @fail_with

    answer_metadata(call)
    reply_to(request, received_us, 0)
  end

  def reply_stream(request, call)
    received_us = now_us
    answer_metadata(call)
    Enumerator.new do |replies|
      1.upto([request.count, 1].max) do |number|
        sleep(request.interval_ms / 1000.0) if number > 1
        replies << reply_to(request, received_us, number)
      end
    end
  end

  def collect(call)
    answer_metadata(call)
    summary = Echo::EchoSummary.new
    first_us = nil
    call.each_remote_read do |request|
      first_us ||= now_us
      summary.messages += 1
      summary.bytes += request.message.bytesize
    end
    summary.duration_us = now_us - first_us if first_us
    summary
  end

  def chat(requests, call)
    answer_metadata(call)
    Enumerator.new do |replies|
      requests.each_with_index { |request, place| replies << reply_to(request, now_us, place + 1) }
    end
  end

  private

  def answer_metadata(call)
    echoed = call.metadata.select { |name, _| name.start_with?('x-echo-') }
    call.output_metadata.update(echoed)
    call.send_initial_metadata(echoed)
  end

  def reply_to(request, received_us, number)
    reply = Echo::EchoReply.new(message: "You said: #{request.message}", number: number)
    reply.timing = Echo::Timing.new(received_us: received_us, sent_us: now_us) if request.timing
    reply
  end
end

options = { maximum: 65_536 }
OptionParser.new do |flags|
  flags.on('--listen ADDRESS') { |address| options[:address] = address }
  flags.on('--max-message-bytes N', Integer) { |maximum| options[:maximum] = maximum }
  flags.on('--fail-with TEXT') { |text| options[:fail_with] = text }
end.parse!
limits = { 'grpc.max_receive_message_length' => options[:maximum], 'grpc.max_send_message_length' => -1 }
server = GRPC::RpcServer.new(server_args: limits)
port = server.add_http2_port(options[:address], :this_port_is_insecure)
server.handle(EchoServer.new(options[:fail_with]))
serving = Thread.new { server.run }
server.wait_till_running
stopping = Queue.new
trap('TERM') { stopping << true }
warn "version #{GRPC::VERSION}"
warn "grpc-ruby: ready on #{options[:address].rpartition(':').first}:#{port}"
stopping.pop
server.stop
serving.join
