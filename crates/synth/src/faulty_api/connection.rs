use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::TcpStream,
    time::Duration,
};

use percent_encoding::percent_decode_str;

use super::{Collection, Fault, shared::Shared};

/// Longest head of a request, in bytes; the connection ends at a longer one.
const MAX_HEAD: u64 = 1 << 18;

/// A body that is announced and never sent.
const STALLED: &str = "{}";

struct Request {
    /// `None` where the request line is not one that is served.
    about: Option<(Collection, String)>,
    /// Whether the client wants no more on this connection.
    last: bool,
}

/// Answers the requests of a connection until either side ends it.
pub(super) fn serve(stream: &TcpStream, shared: &Shared) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream);
    while let Some(request) = read_request(&mut reader)? {
        let goes_on = match request.about {
            None => {
                send(stream, 400, "", r#"{"message": "no such request"}"#)?;
                false
            }
            Some((collection, id)) => answer(stream, shared, collection, id)?,
        };
        if request.last || !goes_on {
            break;
        }
    }
    Ok(())
}

/// Answers a request; whether the connection can be used for another one.
fn answer(
    stream: &TcpStream,
    shared: &Shared,
    collection: Collection,
    id: String,
) -> io::Result<bool> {
    let planned = shared.plan(collection, id);
    match planned.fault {
        None => send(stream, planned.status, "", &planned.body)?,
        Some(Fault::Slow(time)) => {
            shared.sleep(time)?;
            send(stream, planned.status, "", &planned.body)?;
        }
        Some(Fault::TooManyRequests { retry_after }) => {
            let header = retry_after.map(|text| format!("Retry-After: {text}\r\n"));
            let body = r#"{"message": "too many requests"}"#;
            send(stream, 429, header.as_deref().unwrap_or_default(), body)?;
        }
        Some(Fault::Unavailable { retry_after }) => {
            let header = format!("Retry-After: {retry_after}\r\n");
            send(stream, 503, &header, r#"{"message": "unavailable"}"#)?;
        }
        Some(Fault::Status(status)) => {
            let leads_on = (300..400).contains(&status);
            let header = if leads_on { "Location: /elsewhere\r\n" } else { "" };
            send(stream, status, header, r#"{"message": "as planned"}"#)?;
        }
        Some(Fault::Body(body)) => send(stream, 200, "", &body)?,
        Some(Fault::Garbage) => {
            write_all(stream, b"\x16\x03\x01 what is this\x00\r\n\xff\xfe\r\n\r\n")?;
            return Ok(false);
        }
        Some(Fault::HalfBody) => {
            let text = response(200, "", &planned.body);
            write_all(stream, &text.as_bytes()[..text.len() - planned.body.len().div_ceil(2)])?;
            return Ok(false);
        }
        Some(Fault::Hangup) => return Ok(false),
        Some(Fault::Stall { status, retry_after }) => {
            let header = retry_after.map(|text| format!("Retry-After: {text}\r\n"));
            let text = response(status, header.as_deref().unwrap_or_default(), STALLED);
            write_all(stream, &text.as_bytes()[..text.len() - STALLED.len()])?;
            return until_the_client_goes(stream, shared);
        }
    }
    Ok(true)
}

/// Waits for the end of the connection, from either side.
fn until_the_client_goes(mut stream: &TcpStream, shared: &Shared) -> io::Result<bool> {
    // A client that sends more while it waits for the body is read and not answered.
    let mut passed_over = [0; 1024];
    while stream.read(&mut passed_over)? > 0 {
        shared.sleep(Duration::from_millis(1))?;
    }
    Ok(false)
}

fn send(stream: &TcpStream, status: u16, headers: &str, body: &str) -> io::Result<()> {
    write_all(stream, response(status, headers, body).as_bytes())
}

fn write_all(mut stream: &TcpStream, bytes: &[u8]) -> io::Result<()> {
    stream.write_all(bytes)
}

fn response(status: u16, headers: &str, body: &str) -> String {
    let reason = match status {
        200 => "OK",
        404 => "Not Found",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        503 => "Service Unavailable",
        _ => "Status",
    };
    let length = body.len();
    format!(
        "HTTP/1.1 {status} {reason}\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\n{headers}\r\n{body}"
    )
}

/// The next request; `None` at the end of the connection.
fn read_request(reader: &mut BufReader<&TcpStream>) -> io::Result<Option<Request>> {
    let mut head = reader.take(MAX_HEAD);
    let mut line = Vec::new();
    if head.read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    let about = std::str::from_utf8(&line).ok().and_then(target);
    let mut last = false;
    loop {
        line.clear();
        if head.read_until(b'\n', &mut line)? == 0 {
            return Ok(None);
        }
        let text = line.trim_ascii();
        if text.is_empty() {
            return Ok(Some(Request { about, last }));
        }
        last |= text.eq_ignore_ascii_case(b"connection: close");
    }
}

/// What `GET /<collection>/<id> HTTP/1.1` asks about. The id is one segment in which everything
/// but RFC 3986's unreserved characters is percent-encoded.
fn target(line: &str) -> Option<(Collection, String)> {
    let mut words = line.split_ascii_whitespace();
    let (method, path, version) = (words.next()?, words.next()?, words.next()?);
    if method != "GET" || version != "HTTP/1.1" || words.next().is_some() {
        return None;
    }
    let (collection, segment) = path.strip_prefix('/')?.split_once('/')?;
    let collection = Collection::of_segment(collection)?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~%".contains(&byte);
    if segment.is_empty() || !segment.bytes().all(plain) {
        return None;
    }
    let id = percent_decode_str(segment).decode_utf8().ok()?;
    Some((collection, id.into_owned()))
}
