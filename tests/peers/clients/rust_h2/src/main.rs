//! gRPC by hand on the h2 crate as a client program (harness.py has the protocol).
//!
//!     client TARGET

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};
use h2::client::SendRequest;
use h2::{Reason, RecvStream, SendStream};
use http::{HeaderMap, HeaderValue, Request};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpStream;

const OK: u32 = 0;
const CANCELLED: u32 = 1;
const DEADLINE_EXCEEDED: u32 = 4;
const INTERNAL: u32 = 13;
const UNAVAILABLE: u32 = 14;
const PATIENCE_MS: u64 = 60_000;
const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

type Ended = (u32, String);

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

fn hex(data: &[u8]) -> String {
    data.iter().map(|byte| format!("{:02x}", byte)).collect()
}

/// Without padding, as gRPC recommends.
fn to_base64(data: &[u8]) -> String {
    let mut text = String::new();
    for part in data.chunks(3) {
        let bits = part.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - part.len()));
        for place in 0..=part.len() {
            text.push(BASE64[(bits >> (18 - 6 * place) & 63) as usize] as char);
        }
    }
    text
}

fn from_base64(text: &[u8]) -> Vec<u8> {
    let (mut data, mut bits, mut count) = (Vec::new(), 0u32, 0);
    for digit in text.iter().filter_map(|symbol| BASE64.iter().position(|each| each == symbol)) {
        bits = bits << 6 | digit as u32;
        count += 6;
        if count >= 8 {
            count -= 8;
            data.push((bits >> count) as u8);
        }
    }
    data
}

fn from_percent(text: &[u8]) -> Vec<u8> {
    let (mut data, mut at) = (Vec::new(), 0);
    while at < text.len() {
        if text[at] == b'%' && at + 2 < text.len() {
            data.extend(unhex(std::str::from_utf8(&text[at + 1..at + 3]).unwrap()));
            at += 3;
        } else {
            data.push(text[at]);
            at += 1;
        }
    }
    data
}

fn framed(message: &[u8]) -> Bytes {
    let mut frame = BytesMut::with_capacity(5 + message.len());
    frame.put_u8(0);
    frame.put_u32(message.len() as u32);
    frame.put_slice(message);
    frame.freeze()
}

/// One line of the harness: the calls to make.
struct Order {
    is_unary: bool,
    path: String,
    numbered: Option<String>,
    messages: Vec<Bytes>,
    metadata: Vec<(String, Vec<u8>)>,
    timeout_ms: u64,
    cancel_after: Option<usize>,
    times: usize,
    at_once: usize,
    lockstep: bool,
    until_failure: bool,
}

impl Order {
    fn parse(words: &[&str]) -> Order {
        let pairs: Vec<(&str, &str)> = words.iter().filter_map(|word| word.split_once('=')).collect();
        let all = |key: &'static str| pairs.iter().filter(move |pair| pair.0 == key).map(|pair| pair.1);
        let number = |key, unless_given| all(key).next().map_or(unless_given, |text| text.parse::<usize>().unwrap());
        let once: Vec<Bytes> = all("message").map(|text| framed(&unhex(text))).collect();
        let pair_of = |pair: &str| pair.split_once(':').map(|(name, value)| (name.to_string(), unhex(value))).unwrap();
        Order {
            is_unary: matches!(all("kind").next(), Some("unary") | Some("server")),
            path: all("path").next().unwrap().to_string(),
            numbered: all("numbered").next().map(str::to_string),
            messages: (0..number("copies", 1)).flat_map(|_| once.clone()).collect(),
            metadata: all("metadata").map(pair_of).collect(),
            timeout_ms: number("timeout-ms", PATIENCE_MS as usize) as u64,
            cancel_after: all("cancel-after").next().map(|text| text.parse().unwrap()),
            times: number("times", 1),
            at_once: number("at-once", 1),
            lockstep: number("lockstep", 0) == 1,
            until_failure: number("until-failure", 0) == 1,
        }
    }

    fn request(&self, authority: &str, number: usize) -> Request<()> {
        let mut request = Request::post(format!("http://{}{}", authority, self.path))
            .header("te", "trailers")
            .header("content-type", "application/grpc")
            .header("grpc-timeout", format!("{}m", self.timeout_ms))
            .header("user-agent", "rust-h2");
        for (name, value) in &self.metadata {
            let text = if name.ends_with("-bin") { to_base64(value).into_bytes() } else { value.clone() };
            request = request.header(name, HeaderValue::from_bytes(&text).unwrap());
        }
        if let Some(name) = &self.numbered {
            request = request.header(name, number.to_string());
        }
        request.body(()).unwrap()
    }
}

#[derive(Default)]
struct Calls {
    next: usize,
    with_reply: usize,
    replies: usize,
    outcomes: HashMap<Ended, usize>,
    last: OneCall,
}

#[derive(Default)]
struct OneCall {
    initial: HeaderMap,
    trailing: HeaderMap,
    received: Vec<Bytes>,
}

fn status_of(headers: &HeaderMap) -> Option<Ended> {
    let code = std::str::from_utf8(headers.get("grpc-status")?.as_bytes()).ok()?.parse().ok()?;
    let text = headers.get("grpc-message").map_or(Vec::new(), |text| from_percent(text.as_bytes()));
    Some((code, String::from_utf8_lossy(&text).into_owned()))
}

fn error_status(error: h2::Error) -> Ended {
    let refused = error.reason() == Some(Reason::REFUSED_STREAM) || error.is_io() || error.is_go_away();
    (if refused { UNAVAILABLE } else { INTERNAL }, error.to_string())
}

/// A reset by the peer is reported where the answer is read.
fn send(stream: &mut SendStream<Bytes>, data: Bytes, is_end: bool) {
    let _ = stream.send_data(data, is_end);
}

async fn exchange(order: &Order, calls: &RefCell<Calls>, client: &SendRequest<Bytes>, request: Request<()>, call: &mut OneCall) -> Result<Ended, h2::Error> {
    let mut client = client.clone().ready().await?;
    let (response, mut stream) = client.send_request(request, false)?;
    let mut sent = 0;
    if order.lockstep {
        send(&mut stream, order.messages[0].clone(), false);
        sent = 1;
    } else if order.is_unary {
        send(&mut stream, order.messages[0].clone(), true);
    } else {
        for message in &order.messages {
            send(&mut stream, message.clone(), false);
        }
        send(&mut stream, Bytes::new(), true);
    }
    let cancelled = |stream: &mut SendStream<Bytes>| {
        stream.send_reset(Reason::CANCEL);
        Ok((CANCELLED, String::new()))
    };
    if order.cancel_after == Some(0) {
        return cancelled(&mut stream);
    }
    let response = response.await?;
    let http_status = response.status().as_u16();
    call.initial = response.headers().clone();
    let mut body: RecvStream = response.into_body();
    let mut buffered = BytesMut::new();
    while let Some(data) = body.data().await {
        let data = data?;
        body.flow_control().release_capacity(data.len())?;
        buffered.extend_from_slice(&data);
        while buffered.len() >= 5 {
            let length = u32::from_be_bytes([buffered[1], buffered[2], buffered[3], buffered[4]]) as usize;
            if buffered.len() < 5 + length {
                break;
            }
            call.received.push(buffered.split_to(5 + length).split_off(5).freeze());
            note_reply(order, &mut calls.borrow_mut(), call.received.len() == 1);
            if Some(call.received.len()) == order.cancel_after {
                return cancelled(&mut stream);
            }
            if order.lockstep && sent == order.messages.len() {
                send(&mut stream, Bytes::new(), true);
            } else if order.lockstep {
                send(&mut stream, order.messages[sent].clone(), false);
                sent += 1;
            }
        }
    }
    call.trailing = body.trailers().await?.unwrap_or_default();
    let ended = status_of(&call.trailing).or_else(|| status_of(&call.initial));
    let is_unavailable = matches!(http_status, 429 | 502 | 503 | 504);
    let without = if is_unavailable { UNAVAILABLE } else { INTERNAL };
    Ok(ended.unwrap_or((without, format!("no grpc-status, but HTTP status {}", http_status))))
}

fn note_reply(order: &Order, calls: &mut Calls, is_first: bool) {
    calls.replies += 1;
    if is_first {
        calls.with_reply += 1;
        if calls.with_reply == order.at_once {
            println!("started");
        }
    }
}

async fn work(order: Rc<Order>, calls: Rc<RefCell<Calls>>, client: SendRequest<Bytes>, authority: String) {
    loop {
        let number = calls.borrow().next;
        if number >= order.times {
            return;
        }
        calls.borrow_mut().next += 1;
        let mut call = OneCall::default();
        let made = exchange(&order, &calls, &client, order.request(&authority, number), &mut call);
        let ended = match tokio::time::timeout(Duration::from_millis(order.timeout_ms), made).await {
            Ok(result) => result.unwrap_or_else(error_status),
            Err(_) => (DEADLINE_EXCEEDED, "no answer in time".to_string()),
        };
        let mut calls = calls.borrow_mut();
        if ended.0 != OK && order.until_failure {
            calls.next = order.times;
        }
        *calls.outcomes.entry(ended).or_default() += 1;
        calls.last = call;
    }
}

fn print_metadata(kind: &str, headers: &HeaderMap) {
    for (name, value) in headers {
        let is_binary = name.as_str().ends_with("-bin");
        let data = if is_binary { from_base64(value.as_bytes()) } else { value.as_bytes().to_vec() };
        println!("{} {} {}", kind, name, hex(&data));
    }
}

async fn run(order: Order, client: &SendRequest<Bytes>, authority: &str) {
    let (order, calls) = (Rc::new(order), Rc::new(RefCell::new(Calls::default())));
    let workers = tokio::task::LocalSet::new();
    for _ in 0..order.at_once {
        workers.spawn_local(work(order.clone(), calls.clone(), client.clone(), authority.to_string()));
    }
    workers.await;
    let calls = calls.borrow();
    for ((code, text), count) in &calls.outcomes {
        println!("outcome {} {} {}", code, count, hex(text.as_bytes()));
    }
    print_metadata("initial", &calls.last.initial);
    print_metadata("trailing", &calls.last.trailing);
    if order.times == 1 {
        for reply in &calls.last.received {
            println!("reply {}", hex(reply));
        }
    }
    println!("replies {}\ndone", calls.replies);
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let authority = std::env::args().nth(1).unwrap();
    let mut client = None;
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Some(line) = lines.next_line().await.unwrap() {
        let words: Vec<&str> = line.split(' ').collect();
        if words[0] == "version" {
            println!("version {}", env!("H2_VERSION"));
            continue;
        }
        if client.is_none() {
            let socket = TcpStream::connect(&authority).await.unwrap();
            socket.set_nodelay(true).unwrap();
            let (sender, connection) = h2::client::handshake(socket).await.unwrap();
            tokio::spawn(connection);
            client = Some(sender);
        }
        run(Order::parse(&words[1..]), client.as_ref().unwrap(), &authority).await;
    }
}
