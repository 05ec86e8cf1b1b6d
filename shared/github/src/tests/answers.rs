//! What answers mean: limits, failures, redirects.

use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderValue};

use super::*;
use crate::web::{Answer, Patience, Question, redirect};

/// Answers with each of them, the last one again and again.
fn one_after_the_other(replies: Vec<Reply>) -> impl Fn(&Request) -> Reply + Send + Sync {
    let next = Mutex::new(0);
    move |_| {
        let mut next = next.lock().unwrap();
        let reply = replies[(*next).min(replies.len() - 1)].clone();
        *next += 1;
        reply
    }
}

#[tokio::test]
async fn a_server_that_fails_is_asked_three_times() {
    let replies = vec![
        Reply::new(502, ""),
        Reply::new(500, ""),
        Reply::new(200, COMMIT),
    ];
    let world = World::new(one_after_the_other(replies)).await;
    assert_eq!(world.repository().commit(None).await.unwrap(), COMMIT);

    let world = World::new(|_| Reply::new(503, "")).await;
    let error = world.repository().commit(None).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Unavailable);
    assert!(
        error.detail.contains("org/shop at HEAD: answered 503"),
        "{error}"
    );
    assert_eq!(world.server.requests().len(), 3);
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_asked_for_again() {
    let replies = vec![Reply::new(200, COMMIT).cut(), Reply::new(200, COMMIT)];
    let world = World::new(one_after_the_other(replies)).await;
    assert_eq!(world.repository().commit(None).await.unwrap(), COMMIT);
    let world = World::new(|_| Reply::new(200, COMMIT).cut()).await;
    let error = world.repository().commit(None).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Unavailable);
}

#[tokio::test]
async fn a_short_limit_is_waited_for_and_a_long_one_told() {
    let limits = [
        Reply::new(429, "").header("retry-after", "7"),
        Reply::new(403, "").header("retry-after", "7"),
        Reply::new(403, "")
            .header("x-ratelimit-remaining", "0")
            .header("x-ratelimit-reset", "1790000006"),
    ];
    for limit in limits {
        let world = World::new(one_after_the_other(vec![limit, Reply::new(200, COMMIT)])).await;
        assert_eq!(world.repository().commit(None).await.unwrap(), COMMIT);
        assert_eq!(world.waited(), 7);
    }
    let secondary = r#"{"message":"You have exceeded a secondary rate limit."}"#;
    for (limit, said) in [
        (Reply::new(429, "").header("retry-after", "21"), "wait 21 s"),
        (Reply::new(403, secondary), "does not say for how long"),
        (
            Reply::new(403, "")
                .header("x-ratelimit-remaining", "0")
                .header("x-ratelimit-reset", "1790001799"),
            "wait 1800 s",
        ),
    ] {
        let world = World::new(one_after_the_other(vec![limit])).await;
        let error = world.repository().commit(None).await.unwrap_err();
        assert_eq!(error.kind, PortErrorKind::Throttled);
        assert!(error.detail.contains(said), "{error}");
        assert_eq!((world.server.requests().len(), world.waited()), (1, 0));
    }
}

#[tokio::test]
async fn limits_one_after_the_other_end_with_the_patience() {
    let world = World::new(|_| Reply::new(429, "").header("retry-after", "9")).await;
    let error = world.repository().commit(None).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Throttled);
    assert_eq!((world.server.requests().len(), world.waited()), (3, 18));
    let world = World::new(|_| Reply::new(429, "").header("retry-after", "0")).await;
    let error = world.repository().commit(None).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Throttled);
}

#[tokio::test]
async fn a_403_without_a_limit_is_a_refusal() {
    let world = World::new(|_| {
        Reply::new(
            403,
            r#"{"message":"Resource not accessible by integration"}"#,
        )
        .header("x-ratelimit-remaining", "4999")
    })
    .await;
    let error = world.repository().commit(None).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Denied);
    assert!(error.detail.contains("Contents: read"), "{error}");
    let world = World::new(|_| Reply::new(403, "").header("x-github-sso", "required")).await;
    let error = world.repository().commit(None).await.unwrap_err();
    assert!(error.detail.contains("single sign-on"), "{error}");
}

#[tokio::test]
async fn what_is_not_there_and_what_may_not_be_seen_read_alike() {
    let world = World::new(|_| Reply::new(404, r#"{"message":"Not Found"}"#)).await;
    let error = world.repository().commit(None).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::NotFound);
    let said = error.to_string();
    assert!(
        said.contains("org/shop at HEAD") && said.contains("the App is installed there"),
        "{said}"
    );
    assert!(!said.contains("hidden"), "{said}");
    let world =
        World::new(|_| Reply::new(422, r#"{"message":"No commit found for SHA: x"}"#)).await;
    let error = world.repository().commit(Some("x")).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::NotFound);
    assert!(error.detail.contains("no such branch"), "{error}");
}

#[tokio::test]
async fn a_redirect_is_followed_and_the_token_goes_to_no_other_server() {
    let other = Server::new(|_| Reply::new(200, COMMIT)).await;
    let to = format!("{}/there?token=hidden-query", other.url);
    let world = World::new(move |request| match request.path.as_str() {
        "/repos/org/shop/commits/old" => {
            Reply::new(301, "").header("location", "/repositories/7/commits/old")
        }
        _ => Reply::new(302, "").header("location", &to),
    })
    .await;
    assert_eq!(
        world.repository().commit(Some("old")).await.unwrap(),
        COMMIT
    );
    let own = world.server.requests();
    assert_eq!(own[1].path, "/repositories/7/commits/old");
    assert_eq!(own[1].header("authorization"), "Bearer hidden-token");
    let others = other.requests();
    assert_eq!(others[0].path, "/there?token=hidden-query");
    assert_eq!(others[0].header("authorization"), "");
}

#[tokio::test]
async fn a_redirect_that_leads_nowhere_or_in_circles_is_told_without_its_address() {
    for to in [
        "/again?token=hidden",
        "ftp://example.com/hidden",
        "http://[hidden",
    ] {
        let world = World::new(move |_| Reply::new(302, "").header("location", to)).await;
        let error = world.repository().commit(None).await.unwrap_err();
        assert_eq!(error.kind, PortErrorKind::Invalid, "{to}");
        assert!(!error.to_string().contains("hidden"), "{error}");
    }
}

#[test]
fn a_redirect_away_from_tls_is_not_followed() {
    let url = |text: &str| reqwest::Url::parse(text).unwrap();
    let to = |from: &str, location: &'static str| {
        let mut question = Question::get("test", "it", url(from));
        let mut headers = HeaderMap::new();
        headers.insert("location", HeaderValue::from_static(location));
        let answer = Answer {
            status: 302,
            headers,
            body: bytes::Bytes::new(),
        };
        redirect(&mut question, &answer, 1).map(|()| question.url.to_string())
    };
    let error = to("https://example.com/a", "http://example.com/b").unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Invalid);
    assert!(error.detail.contains("without TLS"), "{error}");
    for (from, location, end) in [
        ("https://example.com/a", "/b", "https://example.com/b"),
        (
            "http://example.com/a",
            "http://example.org/b",
            "http://example.org/b",
        ),
        (
            "http://example.com/a",
            "https://example.com/b",
            "https://example.com/b",
        ),
    ] {
        assert_eq!(to(from, location).unwrap(), end);
    }
}

#[tokio::test]
async fn an_answer_that_does_not_say_how_long_it_is_ends_at_the_limit() {
    let world = World::new(|_| Reply::new(200, vec![b'1'; 5000]).unmeasured()).await;
    let error = world.repository().commit(None).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::TooLarge);
    let world = World::new(|_| Reply::new(200, COMMIT).unmeasured()).await;
    assert_eq!(world.repository().commit(None).await.unwrap(), COMMIT);
}

#[tokio::test]
async fn a_silent_server_is_not_waited_for_without_end() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let options = Options {
        server: format!("http://{}", listener.local_addr().unwrap()),
        patience: Patience {
            answer: Duration::from_millis(50),
            ..Patience::default()
        },
        ..Options::default()
    };
    let clock = Arc::new(ManualClock::at(start()));
    let github = Github::new(options, Arc::new(Known::default()), clock).unwrap();
    let repository = Repository::new(Arc::new(github), "org/shop").unwrap();
    let error = repository.commit(None).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Timeout);
    drop(listener);
    let error = repository.commit(None).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Unavailable);
    assert!(
        error.detail.contains("no connection to 127.0.0.1"),
        "{error}"
    );
}

#[tokio::test]
async fn nobody_who_is_throttled_hears_that_credentials_help() {
    let world = World::with(None, Options::default(), |_| {
        Reply::new(429, "").header("retry-after", "3000")
    })
    .await;
    let error = world.repository().commit(None).await.unwrap_err();
    assert!(error.detail.contains("sixty times an hour"), "{error}");
}

#[tokio::test]
async fn a_servers_address_is_checked_and_not_quoted() {
    for server in [
        "api.github.com",
        "ftp://example.com",
        "https://user:hidden@example.com",
        "https://example.com?hidden",
    ] {
        let options = Options {
            server: server.to_owned(),
            ..Options::default()
        };
        let clock = Arc::new(ManualClock::at(start()));
        let error = Github::new(options, Arc::new(Known::default()), clock).unwrap_err();
        assert_eq!(error.kind, PortErrorKind::Invalid, "{server}");
        assert!(!error.to_string().contains("hidden"), "{error}");
    }
}
