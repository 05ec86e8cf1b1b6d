#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests: a broken assumption has to end the test where it broke"
)]

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::*;

/// The body of the first record of an event of the `events` folder.
fn body(case: &str) -> String {
    let mut cases = eventbridge::testing::cases("image-push").into_iter();
    cases.find(|(name, _)| name == case).expect(case).1
}

fn event(case: &str) -> Event {
    match read(&body(case)).unwrap() {
        Read::Event(event) => *event,
        Read::NotForUs(why) => panic!("{case}: {why}"),
    }
}

fn image_and_fact(case: &str) -> (Image, Place, Fact) {
    match event(case).subject {
        Subject::Image { image, at, fact } => (image, at, fact),
        other => panic!("{case}: {other:?}"),
    }
}

fn fact(case: &str) -> Fact {
    image_and_fact(case).2
}

fn changed(case: &str, change: impl Fn(&mut Value)) -> Result<Read, Malformed> {
    let mut value: Value = serde_json::from_str(&body(case)).unwrap();
    change(&mut value);
    read(&value.to_string())
}

fn place(region: &str) -> Place {
    Place {
        account: "111122223333".to_owned(),
        region: region.to_owned(),
    }
}

#[test]
fn a_push_names_repository_digest_tag_and_types() {
    let event = event("push");
    assert_eq!(event.kind, "ECR Image Action");
    assert_eq!(event.time, Some("2026-11-24T06:00:00Z".parse().unwrap()));
    let (image, at, fact) = image_and_fact("push");
    assert_eq!(image.repository, "shop/product-service");
    assert!(image.digest.starts_with("sha256:"));
    assert_eq!(at, place("eu-central-1"));
    assert_eq!(
        fact,
        Fact::Pushed {
            tag: Some("1.4.2".to_owned()),
            media_type: Some("application/vnd.oci.image.manifest.v1+json".to_owned()),
            artifact_type: Some("application/vnd.oci.image.config.v1+json".to_owned()),
            refers: false,
            origin: None,
        }
    );
}

#[test]
fn an_empty_tag_is_no_tag_and_types_may_be_missing() {
    let Fact::Pushed { tag, .. } = fact("push-untagged") else {
        panic!("no push")
    };
    assert_eq!(tag, None);
    let Fact::Pushed {
        media_type,
        artifact_type,
        ..
    } = fact("push-without-types")
    else {
        panic!("no push")
    };
    assert_eq!((media_type, artifact_type), (None, None));
}

#[test]
fn what_hangs_on_an_image_is_no_image() {
    let refers = |case| match fact(case) {
        Fact::Pushed { refers, .. } => refers,
        other => panic!("{other:?}"),
    };
    assert!(refers("push-signature"));
    assert!(refers("push-attestation"));
    assert!(!refers("push"));
    assert!(!refers("push-index"));
    let short = |event: &mut Value| event["detail"]["image-tag"] = json!("sha256-abc.sig");
    let Read::Event(event) = changed("push", short).unwrap() else {
        panic!("dropped")
    };
    let Subject::Image { fact, .. } = event.subject else {
        panic!("no image")
    };
    assert!(
        matches!(fact, Fact::Pushed { refers: false, .. }),
        "{fact:?}"
    );
}

#[test]
fn deletions_and_storage_classes_are_told_from_pushes() {
    assert_eq!(
        fact("delete"),
        Fact::Deleted {
            tag: Some("1.4.2".to_owned())
        }
    );
    assert_eq!(fact("delete-untagged"), Fact::Deleted { tag: None });
    assert_eq!(fact("archive"), Fact::Stored(StorageClass::Archive));
    assert_eq!(fact("restore"), Fact::Stored(StorageClass::Standard));
    assert_eq!(
        fact("referrer-restore"),
        Fact::Stored(StorageClass::Standard)
    );
}

#[test]
fn a_scan_counts_only_what_it_found() {
    let counts = |case| match fact(case) {
        Fact::Scanned(scan) => (scan.scanner, scan.status, scan.counts),
        other => panic!("{other:?}"),
    };
    let of = |pairs: &[(&str, u64)]| -> BTreeMap<String, u64> {
        pairs.iter().map(|(k, n)| ((*k).to_owned(), *n)).collect()
    };
    let complete = "COMPLETE".to_owned();
    assert_eq!(
        counts("scan-basic"),
        (
            Scanner::Basic,
            complete.clone(),
            of(&[("CRITICAL", 10), ("MEDIUM", 9)])
        )
    );
    assert_eq!(
        counts("scan-basic-clean"),
        (Scanner::Basic, complete, of(&[]))
    );
    assert_eq!(counts("scan-basic-failed").1, "FAILED");
    let (scanner, status, counts) = counts("inspector-scan");
    assert_eq!(
        (scanner, status.as_str()),
        (Scanner::Inspector, "INITIAL_SCAN_COMPLETE")
    );
    assert_eq!(counts["TOTAL"], 158);
}

#[test]
fn inspector_names_a_repository_by_its_arn_and_it_is_the_same_image() {
    let basic = image_and_fact("scan-basic");
    for case in [
        "inspector-scan",
        "inspector-finding-2021",
        "inspector-coverage",
    ] {
        let (image, at, _) = image_and_fact(case);
        assert_eq!((&image, &at), (&basic.0, &basic.1), "{case}");
    }
}

#[test]
fn a_finding_is_read_in_both_of_its_forms() {
    let found = |case| match fact(case) {
        Fact::Vulnerable(found) => found,
        other => panic!("{other:?}"),
    };
    let old = found("inspector-finding-2021");
    assert_eq!(old.vulnerability.as_deref(), Some("CVE-2019-17498"));
    assert_eq!(
        (old.epss, old.exploit_available, old.fix_available),
        (None, None, None)
    );
    assert_eq!(old.packages, BTreeMap::from([("libssh2".to_owned(), None)]));
    let new = found("inspector-finding-2024");
    assert_eq!(
        (new.severity.as_str(), new.status.as_str()),
        ("HIGH", "ACTIVE")
    );
    assert_eq!(new.epss, Some(0.00045));
    assert_eq!(new.exploit_available.as_deref(), Some("NO"));
    assert_eq!(
        new.packages["libssl3t64"].as_deref(),
        Some("0:3.0.13-0ubuntu3.4")
    );
    let closed = found("inspector-finding-closed");
    assert_eq!(
        (closed.finding, closed.status.as_str()),
        (new.finding, "CLOSED")
    );
}

#[test]
fn a_copy_keeps_where_it_came_from() {
    let (_, at, fact) = image_and_fact("replication");
    assert_eq!(at, place("eu-west-1"));
    let Fact::Pushed { origin, tag, .. } = fact else {
        panic!("no push")
    };
    assert_eq!(tag.as_deref(), Some("1.4.2"));
    assert_eq!(
        origin,
        Some(Origin::Replication {
            account: Some("111122223333".to_owned()),
            region: Some("eu-central-1".to_owned()),
        })
    );
    let Subject::NotCopied {
        digest, outcome, ..
    } = event("pull-through-failed").subject
    else {
        panic!("copied")
    };
    assert_eq!((digest, outcome.as_str()), (None, "FAILED"));
    assert!(matches!(
        event("replication-failed").subject,
        Subject::NotCopied { .. }
    ));
    assert!(matches!(fact_of_pull_through(), Origin::PullThrough { .. }));
}

fn fact_of_pull_through() -> Origin {
    match fact("pull-through") {
        Fact::Pushed { origin, .. } => origin.unwrap(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn scan_frequencies_are_kept_by_repository() {
    let Subject::ScanFrequency {
        repositories,
        scan_type,
    } = event("scan-frequency").subject
    else {
        panic!("no frequencies")
    };
    assert_eq!(repositories["shop/product-service"], "SCAN_ON_PUSH");
    assert_eq!(scan_type.as_deref(), Some("ENHANCED"));
}

#[test]
fn what_is_about_no_image_or_not_known_is_left_with_its_name() {
    let why = |read: Result<Read, Malformed>| match read.unwrap() {
        Read::NotForUs(why) => why,
        Read::Event(event) => panic!("{event:?}"),
    };
    assert!(why(read(&body("inspector-coverage-instance"))).contains("Inspector2 Coverage"));
    assert!(why(read(&body("push-failed"))).contains("FAILURE"));
    let artifact = |event: &mut Value| event["detail-type"] = json!("ECR Artifact Action");
    assert!(why(changed("push", artifact)).contains("`ECR Artifact Action`"));
    let dance = |event: &mut Value| event["detail"]["action-type"] = json!("DANCE");
    assert!(why(changed("push", dance)).contains("`DANCE`"));
    let repository = |event: &mut Value| {
        event["resources"] = json!(["arn:aws:ecr:eu-central-1:111122223333:repository/shop"]);
    };
    assert!(why(changed("inspector-coverage", repository)).contains("repository"));
    let function = |event: &mut Value| {
        event["detail"]["resources"][0]["type"] = json!("AWS_LAMBDA_FUNCTION");
    };
    assert!(why(changed("inspector-finding-2024", function)).contains("no image"));
}

#[test]
fn both_spellings_of_a_key_are_read() {
    let camel = |event: &mut Value| {
        let detail = &mut event["detail"];
        detail["repositoryName"] = detail["repository-name"].take();
        detail["imageDigest"] = detail["image-digest"].take();
        detail["imageTag"] = detail["image-tag"].take();
        detail["actionType"] = detail["action-type"].take();
        let detail = detail.as_object_mut().unwrap();
        detail.retain(|_, value| !value.is_null());
    };
    let Read::Event(other) = changed("push", camel).unwrap() else {
        panic!("dropped")
    };
    assert_eq!(*other, event("push"));
}

#[test]
fn a_date_that_never_was_does_not_lose_the_event() {
    // So it stands in AWS's own sample of a pull-through event.
    let never = |event: &mut Value| event["time"] = json!("2023-02-29T02:36:48Z");
    let Read::Event(event) = changed("pull-through", never).unwrap() else {
        panic!("dropped")
    };
    assert_eq!(event.time, None);
}

#[test]
fn what_is_missing_or_wrong_is_named_by_its_path_and_never_quoted() {
    let wrong = |pointer: &str, value: Value| {
        changed("push", |event| {
            *event.pointer_mut(pointer).unwrap() = value.clone()
        })
        .unwrap_err()
        .to_string()
    };
    assert_eq!(
        wrong("/detail/image-digest", json!("")),
        "detail.image-digest: is empty"
    );
    assert_eq!(
        wrong("/detail/repository-name", json!("a#b")),
        "detail.repository-name: has a # or a control character"
    );
    assert_eq!(
        wrong("/detail/image-tag", json!(["hush"])),
        "detail.image-tag: is not a string"
    );
    assert_eq!(
        wrong("/id", json!("x".repeat(600))),
        "id: is longer than 512 bytes"
    );
    assert_eq!(wrong("/account", json!(5)), "account: is not a string");
    let without = |case: &str, key: &str| {
        changed(case, |event| {
            event["detail"].as_object_mut().unwrap().remove(key);
        })
        .unwrap_err()
        .to_string()
    };
    assert_eq!(
        without("push", "image-digest"),
        "detail.image-digest: is missing"
    );
    assert_eq!(
        without("replication", "image-digest"),
        "detail.image-digest: is missing"
    );
    assert_eq!(
        without("archive", "target-storage-class"),
        "detail.target-storage-class: is missing"
    );
    assert_eq!(
        read("").unwrap_err().to_string(),
        "body: the JSON ends too early"
    );
    assert_eq!(
        read("{x").unwrap_err().to_string(),
        "body: no JSON at line 1, column 2"
    );
    assert_eq!(read("[]").unwrap_err().path, "body");
    let twice = format!("{0}{0}", body("push"));
    assert_eq!(
        read(&twice).unwrap_err().to_string(),
        "body: more than one JSON value"
    );
}
