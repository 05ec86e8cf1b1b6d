//! How services of the JSON protocols write a refusal.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use serde_json::Value;

use crate::signed::bytes_of;

/// Code and message of a refusal in JSON, for [`crate::Call::refusal`]. The code may stand in the body or in a header
/// and carry a namespace or an address; services differ in the case of `message`.
#[must_use]
pub fn refusal_in_json(answer: &HttpResponse) -> (Option<String>, String) {
    let body: Value = serde_json::from_slice(&bytes_of(answer)).unwrap_or_default();
    let code = body["__type"]
        .as_str()
        .or_else(|| answer.headers().get("x-amzn-errortype"))
        .and_then(|code| code.rsplit('#').next())
        .and_then(|code| code.split(':').next())
        .map(str::to_owned);
    let message = body["message"].as_str().or(body["Message"].as_str());
    (code, message.unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use aws_smithy_runtime_api::http::StatusCode;
    use aws_smithy_types::body::SdkBody;

    use super::*;

    #[test]
    fn code_and_message_are_found_wherever_a_service_writes_them() {
        let read = |header: Option<&'static str>, body: &'static str| {
            let Ok(status) = StatusCode::try_from(400) else {
                return (None, String::new());
            };
            let mut answer = HttpResponse::new(status, SdkBody::from(body));
            if let Some(header) = header {
                answer.headers_mut().insert("x-amzn-errortype", header);
            }
            refusal_in_json(&answer)
        };
        for (header, body, code, message) in [
            (
                None,
                r#"{"__type": "AccessDeniedException", "message": "no"}"#,
                "AccessDeniedException",
                "no",
            ),
            (
                None,
                r#"{"__type": "com.amazonaws.kms#NotFoundException", "Message": "gone"}"#,
                "NotFoundException",
                "gone",
            ),
            (
                Some("ThrottlingException:http://internal.amazon.com/"),
                r#"{"message": "slow"}"#,
                "ThrottlingException",
                "slow",
            ),
            (
                Some("FromHeader"),
                r#"{"__type": "a.b#FromBody"}"#,
                "FromBody",
                "",
            ),
            (Some("OnlyHeader"), "<html>", "OnlyHeader", ""),
        ] {
            assert_eq!(
                read(header, body),
                (Some(code.to_owned()), message.to_owned()),
                "{header:?} {body}"
            );
        }
        assert_eq!(read(None, "no JSON"), (None, String::new()));
    }
}
