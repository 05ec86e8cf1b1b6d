//! One client's connection: requests in, decisions made, answers or faults out.

use std::{
    io::{self, BufReader, Write},
    net::TcpStream,
    thread,
};

use super::{
    Exchange, Fault, Shared, lock, pages,
    wire::{Request, Response},
};
use crate::xml;

/// What the client gets.
enum Outcome {
    /// The answer as it is.
    Whole(Response),
    /// The answer's head and half its body, then the end of the connection.
    Half(Response),
    /// A well-formed answer with this many bytes of padding.
    Padded(usize),
    /// The end of the connection.
    Nothing,
}

impl Outcome {
    fn status(&self) -> Option<u16> {
        match self {
            Self::Whole(answer) | Self::Half(answer) => Some(answer.status),
            Self::Padded(_) => Some(200),
            Self::Nothing => None,
        }
    }
}

pub(super) fn connection(stream: &TcpStream, shared: &Shared) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream);
    let mut writer = stream;
    while let Some(request) = Request::read(&mut reader, &mut writer)? {
        let (action, body) = (action(&request), readable_body(&request));
        let fault = lock(&shared.rules)
            .iter_mut()
            .find_map(|rule| rule.decide(&action, &body));
        let name = fault.as_ref().map(Fault::name);
        let number = lock(&shared.log).push(Exchange {
            action: action.clone(),
            body,
            status: None,
            fault: name,
        });
        let outcome = outcome(shared, (&request, &action), fault);
        // Noted before it is sent: a test that has its answer finds it in the log.
        lock(&shared.log).answered(number, outcome.status());
        let ended = matches!(outcome, Outcome::Half(_) | Outcome::Nothing);
        deliver((&request, &action), outcome, &mut writer)?;
        let asked_to_close = request
            .header("connection")
            .is_some_and(|value| value.eq_ignore_ascii_case("close"));
        if ended || asked_to_close {
            return Ok(());
        }
    }
    Ok(())
}

fn outcome(shared: &Shared, (request, action): (&Request, &str), fault: Option<Fault>) -> Outcome {
    let real = || forward(shared, request);
    Outcome::Whole(match fault {
        None => real(),
        Some(Fault::Delay(time)) => {
            thread::sleep(time);
            real()
        }
        Some(Fault::Hang(time)) => {
            thread::sleep(time);
            return Outcome::Nothing;
        }
        Some(Fault::Reset) => return Outcome::Nothing,
        Some(Fault::Lose) => {
            real();
            return Outcome::Nothing;
        }
        Some(Fault::CutMidBody) => return Outcome::Half(real()),
        Some(Fault::Oversized(bytes)) => return Outcome::Padded(bytes),
        Some(Fault::Answer { status, body }) => told(request, status, body),
        Some(Fault::Throttle) => error(request, 400, ("Throttling", "Rate exceeded")),
        Some(Fault::AccessDenied) => error(request, 403, ("AccessDenied", &denial(action))),
        Some(Fault::Error {
            code,
            message,
            status,
        }) => error(request, status, (&code, &message)),
        Some(Fault::ServerError(503)) => error(
            request,
            503,
            ("ServiceUnavailable", "Service is unavailable"),
        ),
        Some(Fault::ServerError(status)) => error(
            request,
            status,
            ("InternalFailure", "We encountered an internal error"),
        ),
        Some(Fault::Malformed) => xml_answer(
            200,
            format!("<{action}Response><{action}Result><Stacks><member><Stack"),
        ),
        Some(Fault::Truncate(bytes)) => {
            let mut answer = real();
            answer.body.truncate(bytes);
            answer
        }
        Some(Fault::Rewrite(edit)) => {
            let mut answer = real();
            answer.body = edit(&String::from_utf8_lossy(&answer.body)).into_bytes();
            answer
        }
        Some(Fault::Pages { list, size }) => {
            pages::answer(request, (list, size), |whole| forward(shared, whole))
        }
    })
}

fn deliver(
    (request, action): (&Request, &str),
    outcome: Outcome,
    to: &mut &TcpStream,
) -> io::Result<()> {
    match outcome {
        Outcome::Whole(answer) if request.method == "HEAD" => {
            let length = answer
                .header("content-length")
                .and_then(|value| value.parse().ok());
            answer.write_head(to, length.unwrap_or(0))
        }
        Outcome::Whole(answer) => {
            answer.write_head(to, answer.body.len())?;
            to.write_all(&answer.body)
        }
        Outcome::Half(answer) => {
            answer.write_head(to, answer.body.len().max(2))?;
            to.write_all(&answer.body[..answer.body.len() / 2])
        }
        Outcome::Padded(bytes) => padded(action, bytes, to),
        Outcome::Nothing => Ok(()),
    }
}

/// The emulator's answer; a 502 with the reason when it gives none.
fn forward(shared: &Shared, request: &Request) -> Response {
    let exchange = || {
        let stream = TcpStream::connect(&shared.upstream)?;
        stream.set_nodelay(true)?;
        request.write(&mut &stream)?;
        Response::read(&mut BufReader::new(&stream), request.method == "HEAD")
    };
    exchange().unwrap_or_else(|e| Response {
        status: 502,
        headers: vec![("content-type".to_owned(), "text/plain".to_owned())],
        body: format!(
            "the fault proxy got no answer from {}: {e}",
            shared.upstream
        )
        .into_bytes(),
    })
}

/// Streams a well-formed answer of at least `bytes`, without holding it in memory.
fn padded(action: &str, bytes: usize, to: &mut &TcpStream) -> io::Result<()> {
    static BLOCK: [u8; 64 * 1024] = [b'a'; 64 * 1024];
    let (start, end) = (
        format!("<{action}Response><{action}Result><Padding>"),
        format!("</Padding></{action}Result></{action}Response>"),
    );
    xml_answer(200, String::new()).write_head(to, start.len() + bytes + end.len())?;
    to.write_all(start.as_bytes())?;
    let mut left = bytes;
    while left > 0 {
        let now = left.min(BLOCK.len());
        to.write_all(&BLOCK[..now])?;
        left -= now;
    }
    to.write_all(end.as_bytes())
}

/// An error in the form of the request's protocol.
fn error(request: &Request, status: u16, (code, message): (&str, &str)) -> Response {
    if is_json(request) {
        let body = serde_json::json!({"__type": code, "message": message});
        return told(request, status, body.to_string());
    }
    let kind = if status < 500 { "Sender" } else { "Receiver" };
    let (code, message) = (xml::escape(code), xml::escape(message));
    xml_answer(
        status,
        format!(
            "<ErrorResponse xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\"><Error><Type>{kind}</Type>\
             <Code>{code}</Code><Message>{message}</Message></Error>\
             <RequestId>00000000-0000-0000-0000-000000000000</RequestId></ErrorResponse>"
        ),
    )
}

/// Whether a request is of the JSON protocol.
fn is_json(request: &Request) -> bool {
    request.header("x-amz-target").is_some()
}

/// An answer with this body.
fn told(request: &Request, status: u16, body: String) -> Response {
    let mut answer = xml_answer(status, body);
    if is_json(request) {
        let json = "application/x-amz-json-1.0".to_owned();
        answer.headers = vec![("content-type".to_owned(), json)];
    }
    answer
}

fn denial(action: &str) -> String {
    format!(
        "User: arn:aws:sts::000000000000:assumed-role/plumbline-read/plumbline is not authorized to perform: \
         cloudformation:{action} on resource: * because no identity-based policy allows the cloudformation:{action} \
         action"
    )
}

fn xml_answer(status: u16, body: String) -> Response {
    Response {
        status,
        headers: vec![("content-type".to_owned(), "text/xml".to_owned())],
        body: body.into_bytes(),
    }
}

fn action(request: &Request) -> String {
    if let Some(operation) = request
        .header("x-amz-target")
        .and_then(|target| target.rsplit('.').next())
    {
        return operation.to_owned();
    }
    let form = form(request).and_then(|form| form.into_iter().find(|(name, _)| name == "Action"));
    form.map_or_else(
        || format!("{} {}", request.method, request.path),
        |(_, action)| action,
    )
}

fn readable_body(request: &Request) -> String {
    match form(request) {
        Some(form) => form
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect::<Vec<_>>()
            .join("&"),
        None => String::from_utf8_lossy(&request.body).into_owned(),
    }
}

/// The decoded form of a query-protocol request.
pub(super) fn form(request: &Request) -> Option<Vec<(String, String)>> {
    let is_form = request
        .header("content-type")?
        .starts_with("application/x-www-form-urlencoded");
    let body = is_form.then(|| std::str::from_utf8(&request.body).ok())??;
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decode(name), decode(value))
    };
    Some(body.split('&').map(pair).collect())
}

fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut out, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while at < bytes.len() {
        let escaped = text
            .get(at + 1..at + 3)
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match (bytes[at], escaped) {
            (b'%', Some(byte)) => {
                out.push(byte);
                at += 3;
                continue;
            }
            (b'+', _) => out.push(b' '),
            (byte, _) => out.push(byte),
        }
        at += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}
