//! Names before they become part of an address.

use super::*;
use crate::names::{check_reference, clean_path};
use crate::web::encoded;
use crate::{Location, Repository};

fn location(text: &str) -> (String, String, Option<String>) {
    let it = Location::parse(text).unwrap();
    (it.repository, it.path, it.reference)
}

#[test]
fn a_location_is_a_repository_a_path_and_a_revision() {
    let some = |text: &str| Some(text.to_owned());
    for (text, path, reference) in [
        (
            "github://org/shop/plumbline.yaml@main",
            "plumbline.yaml",
            some("main"),
        ),
        (
            "github://org/shop/a/b.yaml@feature/x",
            "a/b.yaml",
            some("feature/x"),
        ),
        ("github://org/shop/a/b.yaml", "a/b.yaml", None),
        (
            "github://org/shop/@team/b.yaml@main",
            "@team/b.yaml",
            some("main"),
        ),
        ("github://org/shop/%40team/b.yaml", "@team/b.yaml", None),
        (
            "github://org/shop/b.yaml@web%401.2.3",
            "b.yaml",
            some("web@1.2.3"),
        ),
    ] {
        assert_eq!(
            location(text),
            ("org/shop".to_owned(), path.to_owned(), reference)
        );
    }
}

#[test]
fn what_would_lead_elsewhere_is_no_location() {
    for text in [
        "s3://bucket/key",
        "github://org/shop",
        "github://org/shop/",
        "github://org/shop/@main",
        "github://org/../shop/a.yaml",
        "github://../shop/a.yaml",
        "github://org/./a.yaml",
        "github://org/sh?op/a.yaml",
        "github://user@host/shop/a.yaml",
        "github://org/shop/../../app/a.yaml@main",
        "github://org/shop/a/../b.yaml",
        "github://org/shop//a.yaml",
        "github://org/shop/a\n.yaml",
        "github://org/shop/a.yaml@",
        "github://org/shop/a.yaml@../x",
        "github://org/shop/a.yaml@a..b",
        "github://org/shop/a.yaml@a b",
        "github://org/shop/a.yaml@-x",
        "github://org/shop/a.yaml@/x",
        "github://org/shop/a.yaml@x/",
        "github://org/shop/a.yaml@x\u{7f}",
    ] {
        let error = Location::parse(text).unwrap_err();
        assert_eq!(error.kind, PortErrorKind::Invalid, "{text}");
        assert!(!error.detail.contains('\n'), "{error}");
    }
}

#[test]
fn a_revision_follows_gits_own_rules() {
    for good in [
        "main",
        "feature/x",
        "v1.2",
        "1111111",
        "web@1.2.3",
        "refs/heads/main",
        "x&page=2#y%",
    ] {
        assert!(check_reference(good).is_ok(), "{good}");
    }
    for bad in [
        "", "@", "a@{1}", "a^", "a~1", "a:b", "a?b", "a*", "a[", "a\\b", "x.lock", ".x", "x.",
    ] {
        assert!(check_reference(bad).is_err(), "{bad}");
    }
}

#[test]
fn a_path_stays_in_its_repository() {
    assert_eq!(clean_path("./k8s//services/").unwrap(), "k8s/services");
    assert_eq!(clean_path(".").unwrap(), "");
    for bad in ["/etc", "..", "a/../b", "a\0b"] {
        assert!(clean_path(bad).is_err(), "{bad}");
    }
}

#[tokio::test]
async fn a_name_adds_nothing_to_an_address() {
    let world = World::new(|_| Reply::new(200, COMMIT)).await;
    let repository = world.repository();
    repository.commit(Some("x&page=2#y%2f")).await.unwrap();
    repository
        .file("a?b=c/d#e.yaml", Some("x&y"), 100)
        .await
        .unwrap();
    let expected = [
        "/repos/org/shop/commits/x%26page%3D2%23y%252f",
        "/repos/org/shop/contents/a%3Fb%3Dc/d%23e.yaml?ref=x%26y",
    ];
    assert_eq!(world.server.paths(), expected);
    let error = repository.archive("main/../../x").await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Invalid);
    assert!(Repository::new(Arc::clone(&world.github), "org/shop/x").is_err());
    assert_eq!(encoded("ü/~"), "%C3%BC%2F~");
}
