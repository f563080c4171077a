# Ruby's grpc as a client program (harness.py has the protocol).
#
#   grpc_ruby.rb TARGET
require 'grpc'

PATIENCE_MS = 60_000
UNLIMITED = { 'grpc.max_receive_message_length' => -1, 'grpc.max_send_message_length' => -1 }.freeze
BYTES = ->(message) { message }

def unhex(text)
  [text].pack('H*')
end

def hex(bytes)
  bytes.unpack1('H*')
end

# One line of the harness: the calls to make.
class Order
  attr_reader :kind, :path, :messages, :metadata, :timeout, :cancel_after, :lockstep, :numbered, :times, :at_once, :until_failure

  def initialize(words)
    pairs = words.map { |word| word.split('=', 2) }
    all = ->(key) { pairs.select { |name, _| name == key }.map(&:last) }
    one = ->(key) { all.call(key).first }
    @kind, @path, @lockstep, @numbered = %w[kind path lockstep numbered].map(&one)
    @messages = all.call('message').map { |text| unhex(text) } * (one.call('copies') || 1).to_i
    @metadata = all.call('metadata').map { |pair| pair.split(':', 2) }.map do |name, value|
      [name, name.end_with?('-bin') ? unhex(value) : unhex(value).force_encoding('UTF-8')]
    end
    @timeout = (one.call('timeout-ms') || PATIENCE_MS).to_i / 1000.0
    @cancel_after = one.call('cancel-after')&.to_i
    @times, @at_once = %w[times at-once].map { |key| (one.call(key) || 1).to_i }
    @until_failure = one.call('until-failure')
  end
end

# The replies of a call. Another thread can wait for a number of them.
class Replies < Array
  def initialize
    @lock = Mutex.new
    @came = ConditionVariable.new
    super
  end

  def <<(reply)
    @lock.synchronize do
      super
      @came.signal
    end
  end

  def wait_for(count)
    @lock.synchronize { @came.wait(@lock) until size >= count }
  end
end

# Makes the calls of an order and counts their outcomes.
class Calls
  def initialize(stub, order)
    @stub, @order = stub, order
    @lock = Mutex.new
    @next = @with_reply = @replies = 0
    @outcomes = Hash.new(0)
  end

  def run
    Array.new(@order.at_once) { Thread.new { work } }.each(&:join)
    @outcomes.each { |(code, text), count| puts "outcome #{code} #{count} #{hex(text)}" }
    operation, replies = @last
    print_metadata('initial', operation.metadata)
    print_metadata('trailing', operation.trailing_metadata)
    replies.each { |reply| puts "reply #{hex(reply)}" } if @order.times == 1
    puts "replies #{@replies}", 'done'
  end

  private

  def print_metadata(kind, metadata)
    (metadata || {}).each { |name, values| Array(values).each { |value| puts "#{kind} #{name} #{hex(value)}" } }
  end

  def work
    while (number = @lock.synchronize { @next < @order.times ? (@next += 1) - 1 : nil })
      @lock.synchronize { @next = @order.times } if !one(number) && @order.until_failure
    end
  end

  def note_reply(replies, reply)
    replies << reply
    @lock.synchronize do
      @replies += 1
      puts 'started' if replies.size == 1 && (@with_reply += 1) == @order.at_once
    end
  end

  # True if the call ended with OK.
  def one(number)
    metadata = @order.metadata.to_h
    metadata[@order.numbered] = number.to_s if @order.numbered
    replies, code, text, operation = Replies.new, 0, '', nil
    begin
      operation = operation_for(metadata, replies)
      make(operation, replies)
    rescue GRPC::BadStatus => e
      code, text = e.code, e.details
    rescue GRPC::Core::CallError
      # grpc 1.51 loses the status of a call that ends during a read.
      code, text = why_it_ended(operation), 'status lost'
    end
    @lock.synchronize do
      @outcomes[[code, text]] += 1
      @last = operation, replies
    end
    code.zero?
  end

  # Ended by the cancellation, the deadline, or a proxy's 502.
  def why_it_ended(operation)
    return GRPC::Core::StatusCodes::CANCELLED if @order.cancel_after

    late = Time.now >= operation.deadline
    late ? GRPC::Core::StatusCodes::DEADLINE_EXCEEDED : GRPC::Core::StatusCodes::UNAVAILABLE
  end

  def operation_for(metadata, replies)
    named = { deadline: Time.now + @order.timeout, return_op: true, metadata: metadata }
    case @order.kind
    when 'unary' then @stub.request_response(@order.path, @order.messages.first, BYTES, BYTES, **named)
    when 'server' then @stub.server_streamer(@order.path, @order.messages.first, BYTES, BYTES, **named)
    when 'client' then @stub.client_streamer(@order.path, @order.messages.each, BYTES, BYTES, **named)
    when 'bidi' then @stub.bidi_streamer(@order.path, requests(replies), BYTES, BYTES, **named)
    end
  end

  # In lockstep each message after the first waits for the reply to the previous one.
  def requests(replies)
    return @order.messages.each unless @order.lockstep

    Enumerator.new do |messages|
      @order.messages.each_with_index do |message, place|
        replies.wait_for(place)
        messages << message
      end
    end
  end

  def make(operation, replies)
    if @order.cancel_after == 0
      begun = Thread.new do
        Array(operation.execute)
      rescue GRPC::BadStatus => e
        e
      end
      begun.report_on_exception = false
      operation.cancel
      ended = begun.value
      raise ended if ended.is_a?(GRPC::BadStatus)
      return
    end
    answer = operation.execute
    return note_reply(replies, answer) if %w[unary client].include?(@order.kind)

    answer.each do |reply|
      note_reply(replies, reply)
      operation.cancel if replies.size == @order.cancel_after
    end
  end
end

# TLS with the files that tls.py names, or plaintext.
def credentials(with_tls)
  return :this_channel_is_insecure unless with_tls

  files = %w[PEERS_CA PEERS_KEY PEERS_CERTIFICATE].map { |name| ENV[name] && File.read(ENV[name]) }
  GRPC::Core::ChannelCredentials.new(*files)
end

$stdout.sync = true
target = ARGV[0].delete_prefix('tls:')
stub = GRPC::ClientStub.new(target, credentials(target != ARGV[0]), channel_args: UNLIMITED)
$stdin.each_line do |line|
  verb, *words = line.split
  verb == 'version' ? puts("version #{GRPC::VERSION}") : Calls.new(stub, Order.new(words)).run
end
