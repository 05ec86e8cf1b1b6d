//! HTTP/1.1 messages on a stream: heads by `httparse`, bodies by length, by chunks or to the end.

use std::io::{self, BufRead, Read, Write};

/// Far above any head that AWS clients send.
const HEAD_LIMIT: u64 = 256 * 1024;

/// A request as it came in.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

/// An answer of the emulator.
#[derive(Debug)]
pub(super) struct Response {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Request {
    /// The next request; `None` when the client has closed the connection between two of them.
    pub(super) fn read(from: &mut impl BufRead, to: &mut impl Write) -> io::Result<Option<Self>> {
        let Some(head) = read_head(from)? else {
            return Ok(None);
        };
        let mut slots = [httparse::EMPTY_HEADER; 128];
        let mut parsed = httparse::Request::new(&mut slots);
        parsed.parse(&head).map_err(invalid)?;
        let headers = owned(parsed.headers);
        let (method, path) = (
            parsed.method.unwrap_or_default().to_owned(),
            parsed.path.unwrap_or("/").to_owned(),
        );
        if header(&headers, "expect")
            .is_some_and(|value| value.eq_ignore_ascii_case("100-continue"))
        {
            to.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        let body = read_body(from, &headers, false)?;
        Ok(Some(Self {
            method,
            path,
            headers,
            body,
        }))
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }

    /// Writes the request for a single exchange: the answer ends the connection.
    pub(super) fn write(&self, to: &mut impl Write) -> io::Result<()> {
        let mut head = format!("{} {} HTTP/1.1\r\n", self.method, self.path);
        push_headers(&mut head, &self.headers);
        head.push_str(&format!(
            "content-length: {}\r\nconnection: close\r\n\r\n",
            self.body.len()
        ));
        to.write_all(head.as_bytes())?;
        to.write_all(&self.body)
    }
}

impl Response {
    /// The answer to a request; `to_head` when that was `HEAD`, whose answer has a length and no body.
    pub(super) fn read(from: &mut impl BufRead, to_head: bool) -> io::Result<Self> {
        loop {
            let head =
                read_head(from)?.ok_or_else(|| io::Error::from(io::ErrorKind::UnexpectedEof))?;
            let mut slots = [httparse::EMPTY_HEADER; 128];
            let mut parsed = httparse::Response::new(&mut slots);
            parsed.parse(&head).map_err(invalid)?;
            let status = parsed.code.unwrap_or_default();
            if status == 100 {
                continue;
            }
            let headers = owned(parsed.headers);
            let empty = to_head || status == 204 || status == 304;
            let body = if empty {
                Vec::new()
            } else {
                read_body(from, &headers, true)?
            };
            return Ok(Self {
                status,
                headers,
                body,
            });
        }
    }

    /// Writes the head with this `content-length`, which a fault may want to differ from the body's.
    pub(super) fn write_head(&self, to: &mut impl Write, length: usize) -> io::Result<()> {
        let mut head = format!("HTTP/1.1 {} {}\r\n", self.status, reason(self.status));
        push_headers(&mut head, &self.headers);
        head.push_str(&format!("content-length: {length}\r\n\r\n"));
        to.write_all(head.as_bytes())
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }
}

fn push_headers(head: &mut String, headers: &[(String, String)]) {
    // These describe one hop or the body as it was; the proxy states its own.
    const OF_THIS_HOP: [&str; 6] = [
        "connection",
        "keep-alive",
        "transfer-encoding",
        "content-length",
        "expect",
        "proxy-connection",
    ];
    for (name, value) in headers {
        if !OF_THIS_HOP.iter().any(|own| name.eq_ignore_ascii_case(own)) {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
    }
}

fn read_head(from: &mut impl BufRead) -> io::Result<Option<Vec<u8>>> {
    let mut head = Vec::new();
    let mut limited = from.take(HEAD_LIMIT);
    loop {
        let start = head.len();
        if limited.read_until(b'\n', &mut head)? == 0 {
            return if head.is_empty() {
                Ok(None)
            } else {
                Err(io::ErrorKind::UnexpectedEof.into())
            };
        }
        if start > 0 && matches!(&head[start..], b"\r\n" | b"\n") {
            return Ok(Some(head));
        }
    }
}

fn read_body(
    from: &mut impl BufRead,
    headers: &[(String, String)],
    to_end: bool,
) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    if header(headers, "transfer-encoding")
        .is_some_and(|value| value.to_ascii_lowercase().contains("chunked"))
    {
        read_chunks(from, &mut body)?;
    } else if let Some(length) = header(headers, "content-length") {
        body.resize(length.trim().parse().map_err(invalid)?, 0);
        from.read_exact(&mut body)?;
    } else if to_end {
        from.read_to_end(&mut body)?;
    }
    Ok(body)
}

fn read_chunks(from: &mut impl BufRead, body: &mut Vec<u8>) -> io::Result<()> {
    loop {
        let mut line = String::new();
        from.read_line(&mut line)?;
        let size = line.trim().split(';').next().unwrap_or_default();
        let size = usize::from_str_radix(size, 16).map_err(invalid)?;
        let start = body.len();
        body.resize(start + size, 0);
        from.read_exact(&mut body[start..])?;
        // The line end after a chunk; after the last one it may follow trailers.
        loop {
            let mut end = String::new();
            if from.read_line(&mut end)? == 0 || end.trim().is_empty() {
                break;
            }
        }
        if size == 0 {
            return Ok(());
        }
    }
}

fn owned(headers: &[httparse::Header<'_>]) -> Vec<(String, String)> {
    headers
        .iter()
        .map(|h| {
            (
                h.name.to_owned(),
                String::from_utf8_lossy(h.value).into_owned(),
            )
        })
        .collect()
}

fn header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers
        .iter()
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.as_str())
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        _ => "Answer",
    }
}

fn invalid(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}
