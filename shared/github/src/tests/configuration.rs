//! The configuration, as the clock fetches it.

use domain::ports::{Fetched, Objects};
use jiff::SignedDuration;

use super::*;
use crate::objects;

const LOCATION: &str = "github://org/shop/ops/plumbline.yaml@release/1.0";

/// A server of one file in its newest version, which knows entity tags.
async fn serving(secret: Option<&str>) -> (World, Arc<Mutex<String>>, Arc<dyn Objects>) {
    let text = Arc::new(Mutex::new("version: 1\n".to_owned()));
    let newest = Arc::clone(&text);
    let world = World::with(secret, Options::default(), move |request| {
        let text = newest.lock().unwrap().clone();
        let tag = format!("\"{}\"", text.trim());
        if request.header("if-none-match") == tag {
            return Reply::new(304, "");
        }
        Reply::new(200, text).header("etag", &tag).header(
            "content-type",
            "application/vnd.github.raw+json; charset=utf-8",
        )
    })
    .await;
    let objects = objects(Arc::clone(&world.github));
    (world, text, objects)
}

fn tag_of(fetched: Fetched) -> String {
    match fetched {
        Fetched::New { tag, .. } => tag,
        Fetched::Unchanged => panic!("unchanged"),
    }
}

#[tokio::test]
async fn a_version_that_is_known_is_not_fetched_anew() {
    let (world, text, objects) = serving(Some("hidden")).await;
    let first = objects.fetch(LOCATION, None).await.unwrap();
    let tag = domain::conceal::sha256(b"version: 1\n");
    let text_1 = "version: 1\n".to_owned();
    let expected = Fetched::New {
        text: text_1,
        tag: tag.clone(),
    };
    assert_eq!(first, expected);
    for _ in 0..2 {
        let again = objects.fetch(LOCATION, Some(&tag)).await.unwrap();
        assert_eq!(again, Fetched::Unchanged);
    }
    let requests = world.server.requests();
    assert_eq!(requests.len(), 3);
    assert_eq!(
        requests[0].path,
        "/repos/org/shop/contents/ops/plumbline.yaml?ref=release%2F1.0"
    );
    assert_eq!(
        requests[0].header("accept"),
        "application/vnd.github.raw+json"
    );
    assert_eq!(requests[0].header("if-none-match"), "");
    // GitHub answers these with 304, which counts for no limit.
    assert_eq!(requests[2].header("if-none-match"), "\"version: 1\"");

    *text.lock().unwrap() = "version: 2\n".to_owned();
    let new = tag_of(objects.fetch(LOCATION, Some(&tag)).await.unwrap());
    assert_ne!(new, tag);
    // Whoever knows an older version hears of the newest, though GitHub has no news.
    let older = objects.fetch(LOCATION, Some(&tag)).await.unwrap();
    assert_eq!(tag_of(older), new);
    assert_eq!(world.server.requests().len(), 5);
}

#[tokio::test]
async fn a_process_that_starts_anew_knows_a_version_by_its_content() {
    let (_world, _, objects) = serving(Some("hidden")).await;
    let tag = domain::conceal::sha256(b"version: 1\n");
    let again = objects.fetch(LOCATION, Some(&tag)).await.unwrap();
    assert_eq!(again, Fetched::Unchanged);
}

#[tokio::test]
async fn without_credentials_it_is_asked_for_every_five_minutes() {
    let (world, text, objects) = serving(None).await;
    let tag = tag_of(objects.fetch(LOCATION, None).await.unwrap());
    *text.lock().unwrap() = "version: 2\n".to_owned();
    for (minutes, requests) in [(1, 1), (3, 1), (1, 2), (1, 2)] {
        world.clock.advance(SignedDuration::from_mins(minutes));
        let fetched = objects.fetch(LOCATION, Some(&tag)).await.unwrap();
        assert_eq!(fetched == Fetched::Unchanged, requests == 1);
        assert_eq!(world.server.requests().len(), requests);
    }
}

#[tokio::test]
async fn the_default_branch_is_read_where_no_revision_is_named() {
    let (world, _, objects) = serving(Some("hidden")).await;
    let location = "github://org/shop/plumbline.yaml";
    assert!(objects.fetch(location, None).await.is_ok());
    assert_eq!(
        world.server.paths(),
        ["/repos/org/shop/contents/plumbline.yaml"]
    );
}

#[tokio::test]
async fn what_is_no_text_file_is_told() {
    let directory = Reply::new(200, "[]").header("content-type", "application/json; charset=utf-8");
    let binary = Reply::new(200, [0xff, 0xfe, 0]);
    let large = Reply::new(200, vec![b'a'; (4 << 20) + 1]);
    let missing = Reply::new(404, r#"{"message":"Not Found"}"#);
    for (reply, kind, what) in [
        (directory, PortErrorKind::Invalid, "is no file"),
        (binary, PortErrorKind::Invalid, "is not UTF-8"),
        (large, PortErrorKind::TooLarge, "larger than 4 MiB"),
        (
            missing,
            PortErrorKind::NotFound,
            "the App is installed there",
        ),
    ] {
        let world = World::new(move |_| reply.clone()).await;
        let objects = objects(Arc::clone(&world.github));
        let error = objects.fetch(LOCATION, None).await.unwrap_err();
        assert_eq!(error.kind, kind, "{what}");
        assert!(error.detail.contains(what), "{error}");
        assert!(
            error
                .detail
                .contains("org/shop/ops/plumbline.yaml@release/1.0"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_location_that_is_none_asks_nobody() {
    let (world, _, objects) = serving(Some("hidden")).await;
    let error = objects
        .fetch("github://org/shop/../secrets@main", None)
        .await
        .unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Invalid);
    assert!(world.server.requests().is_empty());
}
