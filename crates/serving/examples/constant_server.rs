//! A server that answers every `GET /recommend/<userid>` with the same text: what HTTP alone costs
//! on a machine, to measure the service beside.
//!
//! usage: constant_server HOST:PORT BYTES

use std::env;

use actix_web::{App, HttpResponse, HttpServer, web};

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let mut arguments = env::args().skip(1);
    let bind = arguments.next().unwrap_or_else(|| "127.0.0.1:8083".to_owned());
    let bytes = arguments.next().and_then(|bytes| bytes.parse().ok()).unwrap_or(600);
    let text = web::Bytes::from(vec![b'a'; bytes]);
    HttpServer::new(move || {
        let text = text.clone();
        let answer = move || {
            let text = text.clone();
            async move { HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(text) }
        };
        App::new().route("/recommend/{user}", web::get().to(answer))
    })
    .bind(bind)?
    .run()
    .await
}
