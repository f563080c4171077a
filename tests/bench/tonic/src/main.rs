//! tonic as its examples write it.
use std::pin::Pin;

use tokio::net::TcpListener;
use tokio::signal::unix::{signal, SignalKind};
use tokio_stream::{Stream, StreamExt};
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status, Streaming};

use echo::echo_server::{Echo, EchoServer};
use echo::{EchoReply, EchoRequest, EchoSummary};

mod echo {
    tonic::include_proto!("echo");
}

type Replies = Pin<Box<dyn Stream<Item = Result<EchoReply, Status>> + Send>>;

fn said(request: &EchoRequest, number: u32) -> EchoReply {
    EchoReply { message: format!("You said: {}", request.message), number, timing: None }
}

struct Service;

#[tonic::async_trait]
impl Echo for Service {
    type ReplyStreamStream = Replies;
    type ChatStream = Replies;

    async fn reply(&self, request: Request<EchoRequest>) -> Result<Response<EchoReply>, Status> {
        Ok(Response::new(said(request.get_ref(), 0)))
    }

    async fn reply_stream(&self, request: Request<EchoRequest>) -> Result<Response<Replies>, Status> {
        let request = request.into_inner();
        let replies = (1..=request.count).map(move |number| Ok(said(&request, number)));
        Ok(Response::new(Box::pin(tokio_stream::iter(replies))))
    }

    async fn collect(&self, request: Request<Streaming<EchoRequest>>) -> Result<Response<EchoSummary>, Status> {
        let mut requests = request.into_inner();
        let mut summary = EchoSummary::default();
        while let Some(request) = requests.message().await? {
            summary.messages += 1;
            summary.bytes += request.message.len() as u64;
        }
        Ok(Response::new(summary))
    }

    async fn chat(&self, request: Request<Streaming<EchoRequest>>) -> Result<Response<Replies>, Status> {
        let mut number = 0;
        let replies = request.into_inner().map(move |request| {
            number += 1;
            request.map(|request| said(&request, number))
        });
        Ok(Response::new(Box::pin(replies)))
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let words: Vec<String> = std::env::args().collect();
    if words.len() != 3 || words[1] != "--listen" {
        return Err("usage: --listen HOST:PORT".into());
    }
    let listener = TcpListener::bind(&words[2]).await?;
    let mut stop = signal(SignalKind::terminate())?;
    eprintln!("tonic: ready on {}", listener.local_addr()?);
    // serve() sets TCP_NODELAY too.
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    let service = EchoServer::new(Service);
    let stopped = async move {
        stop.recv().await;
    };
    tonic::transport::Server::builder().add_service(service).serve_with_incoming_shutdown(incoming, stopped).await?;
    Ok(())
}
