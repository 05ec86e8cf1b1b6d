//! What people say of findings: noted, silenced, accepted, taken back.

use super::{account, done, events, set_timeout, show, status, statuses};
use crate::support::{Workshop, id, text};

/// A date that no run of these tests will see.
const FAR: &str = "2999-12-31";

/// The configuration as a patch makes it, applied by the tools that people have.
#[track_caller]
fn patched(workshop: &Workshop, patch: &str) -> String {
    let config = workshop.path("plumbline.yaml");
    let before = std::fs::read_to_string(&config).unwrap();
    std::fs::write(workshop.path("accept.patch"), patch).unwrap();
    let apply = |program: &str, arguments: &[&str]| {
        let mut command = std::process::Command::new(program);
        let ran = command
            .args(arguments)
            .current_dir(workshop.path(""))
            .output();
        let ran = ran.unwrap_or_else(|error| panic!("{program}: {error}"));
        assert!(ran.status.success(), "{program}: {ran:?}\n{patch}");
        let after = std::fs::read_to_string(&config).unwrap();
        std::fs::write(&config, &before).unwrap();
        after
    };
    let by_git = apply("git", &["apply", "accept.patch"]);
    let by_patch = apply("patch", &["-p0", "-i", "accept.patch"]);
    assert_eq!(by_git, by_patch);
    assert_ne!(by_git, before);
    by_git
}

/// The only finding of a scan that must end with this code.
#[track_caller]
fn only_finding(workshop: &Workshop, code: i32) -> (String, String) {
    let scan = workshop.scan(&[]);
    assert_eq!(scan.code, code, "{:#}", scan.report);
    let [finding] = scan.list("findings") else {
        panic!("one finding expected: {:#}", scan.report)
    };
    (id(finding), status(finding).1)
}

#[test]
fn an_accepted_drift_counts_again_once_it_changes() {
    let (_emulator, aws, workshop) = account(&["Orders"]);
    set_timeout(&aws, "Orders", 5);
    let (id, _) = only_finding(&workshop, 1);
    done(
        &workshop,
        &[
            "findings", "accept", &id, "--reason", "a trial", "--until", FAR,
        ],
    );
    // Accepted is no longer drift that counts, but it is never hidden.
    for _ in 0..2 {
        assert_eq!(
            only_finding(&workshop, 0),
            (id.clone(), "accepted".to_owned())
        );
    }
    set_timeout(&aws, "Orders", 6);
    assert_eq!(only_finding(&workshop, 1), (id.clone(), "open".to_owned()));
    // What was accepted once is not accepted when it comes back.
    set_timeout(&aws, "Orders", 5);
    assert_eq!(only_finding(&workshop, 1), (id.clone(), "open".to_owned()));
    assert_eq!(
        events(&workshop, &id),
        [
            "opened",
            "accepted",
            "changed",
            "acceptance-ended",
            "changed"
        ]
    );
}

#[test]
fn a_silence_holds_whatever_the_values_do_until_it_is_taken_back() {
    let (_emulator, aws, workshop) = account(&["Orders"]);
    set_timeout(&aws, "Orders", 5);
    let (id, _) = only_finding(&workshop, 1);
    done(
        &workshop,
        &[
            "findings",
            "silence",
            &id,
            "--reason",
            "moving house",
            "--until",
            FAR,
        ],
    );
    for seconds in [5, 6, 7] {
        set_timeout(&aws, "Orders", seconds);
        assert_eq!(
            only_finding(&workshop, 0),
            (id.clone(), "silenced".to_owned())
        );
        assert_eq!(
            show(&workshop, &id)["finding"]["differences"][0]["actual"],
            seconds,
            "its values stay up to date"
        );
    }
    done(&workshop, &["findings", "reopen", &id]);
    assert_eq!(only_finding(&workshop, 1), (id, "open".to_owned()));
}

#[test]
fn an_acknowledged_drift_still_counts_and_the_next_opening_is_not_acknowledged() {
    let (_emulator, aws, workshop) = account(&["Orders"]);
    set_timeout(&aws, "Orders", 5);
    let (id, _) = only_finding(&workshop, 1);
    done(&workshop, &["findings", "ack", &id]);
    assert_eq!(
        only_finding(&workshop, 1),
        (id.clone(), "acknowledged".to_owned())
    );
    set_timeout(&aws, "Orders", super::STRAIGHT);
    assert_eq!(workshop.scan(&[]).code, 0);
    assert_eq!(
        statuses(&workshop),
        [("Orders".to_owned(), "resolved".to_owned())]
    );
    assert!(
        workshop.findings(false).is_empty(),
        "a closed finding is listed with --all only"
    );
    set_timeout(&aws, "Orders", 5);
    assert_eq!(
        only_finding(&workshop, 1),
        (id.clone(), "reopened".to_owned())
    );
    assert_eq!(show(&workshop, &id)["finding"]["occurrences"], 2);
}

#[test]
fn the_history_tells_who_said_what_and_when() {
    let (_emulator, aws, workshop) = account(&["Orders"]);
    set_timeout(&aws, "Orders", 5);
    let (id, _) = only_finding(&workshop, 1);
    let until = ["--reason", "it's a trial", "--until", FAR];
    done(&workshop, &["findings", "ack", &id, "--reason", "seen"]);
    done(
        &workshop,
        &[&["findings", "silence", &id], &until[..]].concat(),
    );
    done(
        &workshop,
        &[&["findings", "accept", &id], &until[..]].concat(),
    );
    done(&workshop, &["findings", "reopen", &id]);
    set_timeout(&aws, "Orders", super::STRAIGHT);
    workshop.scan(&[]);
    let history = show(&workshop, &id)["history"].clone();
    let told: Vec<_> = history
        .as_array()
        .expect("a history")
        .iter()
        .map(|it| (text(&it["event"]), text(&it["by"]), text(&it["detail"])))
        .collect();
    let told: Vec<_> = told
        .iter()
        .map(|(a, b, c)| (a.as_str(), b.as_str(), c.as_str()))
        .collect();
    let until = "until 3000-01-01T00:00:00Z: it's a trial";
    assert_eq!(
        told,
        [
            ("opened", "", told[0].2),
            ("acknowledged", "tester", "seen"),
            ("silenced", "tester", until),
            ("accepted", "tester", until),
            ("cleared", "tester", ""),
            ("resolved", "", told[5].2),
        ]
    );
    let times: Vec<_> = history
        .as_array()
        .into_iter()
        .flatten()
        .map(|it| text(&it["at"]))
        .collect();
    assert!(times.is_sorted(), "{times:?}");
}

#[test]
fn a_date_in_the_past_is_refused_and_changes_nothing() {
    let (_emulator, aws, workshop) = account(&["Orders"]);
    set_timeout(&aws, "Orders", 5);
    let (id, _) = only_finding(&workshop, 1);
    for word in ["silence", "accept"] {
        for until in ["2020-01-31", "2020-01-31T12:00:00Z"] {
            let ran = workshop.run(&["findings", word, &id, "--reason", "late", "--until", until]);
            assert_eq!(ran.code, 1, "{ran:?}");
            assert!(ran.stderr.contains("--until lies in the past"), "{ran:?}");
            assert_eq!(
                ran.stdout, "",
                "nothing to paste where nothing was accepted"
            );
        }
    }
    assert_eq!(events(&workshop, &id), ["opened"]);
}

#[test]
fn all_means_every_open_finding() {
    let (_emulator, aws, workshop) = account(&["Orders", "Bills", "Parcels"]);
    for queue in ["Orders", "Bills", "Parcels"] {
        set_timeout(&aws, queue, 5);
    }
    assert_eq!(workshop.scan(&[]).code, 1);
    set_timeout(&aws, "Parcels", super::STRAIGHT);
    assert_eq!(workshop.scan(&[]).code, 1);
    let ran = done(
        &workshop,
        &[
            "findings",
            "accept",
            "--all",
            "--reason",
            "the baseline",
            "--until",
            FAR,
        ],
    );
    assert_eq!(ran.stdout.matches("{when:").count(), 2, "{ran:?}");
    assert_eq!(workshop.scan(&[]).code, 0);
    let expected = [
        ("Bills", "accepted"),
        ("Orders", "accepted"),
        ("Parcels", "resolved"),
    ];
    assert_eq!(
        statuses(&workshop),
        expected.map(|(name, status)| (name.to_owned(), status.to_owned()))
    );

    set_timeout(&aws, "Orders", super::STRAIGHT);
    set_timeout(&aws, "Bills", super::STRAIGHT);
    assert_eq!(workshop.scan(&[]).code, 0);
    let ran = workshop.run(&["findings", "ack", "--all"]);
    assert_eq!(
        (ran.code, ran.stderr.as_str()),
        (1, "error: there is no open finding\n")
    );
}

#[test]
fn a_finding_is_named_by_as_much_of_its_id_as_makes_it_unique() {
    let queues: Vec<String> = (0..12).map(|number| format!("Orders{number}")).collect();
    let queues: Vec<&str> = queues.iter().map(String::as_str).collect();
    let (_emulator, aws, workshop) = account(&queues);
    for queue in &queues {
        set_timeout(&aws, queue, 5);
    }
    let ids: Vec<String> = workshop.scan(&[]).list("findings").iter().map(id).collect();
    assert_eq!(ids.len(), 12);

    // Ids follow from account, region, stack and logical id, so these twelve are the same in every run.
    let same_start = |a: &String| ids.iter().any(|b| a != b && a[..3] == b[..3]);
    let ambiguous = ids
        .iter()
        .find(|it| same_start(it))
        .expect("two of twelve ids with the same first character");
    let ran = workshop.run(&["findings", "show", &ambiguous[..3]]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.stderr.contains("is the beginning of several ids"),
        "{ran:?}"
    );
    assert!(ran.stderr.contains(ambiguous), "it names them: {ran:?}");

    for finding in &ids {
        let unique = (3..=18).find(|end| {
            ids.iter()
                .filter(|it| it[..*end] == finding[..*end])
                .count()
                == 1
        });
        let prefix = &finding[..unique.expect("ids differ")];
        for written in [
            prefix.to_owned(),
            prefix[2..].to_owned(),
            prefix.to_uppercase(),
        ] {
            assert_eq!(
                id(&show(&workshop, &written)["finding"]),
                *finding,
                "by {written}"
            );
        }
    }

    let unknown = ids
        .iter()
        .map(|it| format!("{}0000000000", &it[..8]))
        .find(|it| !ids.contains(it));
    let ran = workshop.run(&["explain", &unknown.expect("an id that does not exist")]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.stderr.contains("no finding's id begins with"),
        "{ran:?}"
    );

    for wrong in ["orders-0", "f-", "f-uuuu", "f-0123456789abcdefg"] {
        let ran = workshop.run(&["findings", "ack", wrong]);
        assert_eq!(ran.code, 2, "{wrong}: {ran:?}");
        assert!(ran.stderr.contains("is no finding's id"), "{ran:?}");
    }
}

#[test]
fn explain_says_which_rule_who_what_next_and_how_to_prevent_it() {
    let (_emulator, aws, workshop) = account(&["Orders"]);
    set_timeout(&aws, "Orders", 5);
    let (id, _) = only_finding(&workshop, 1);
    let page = done(&workshop, &["explain", &id]).stdout;
    for part in [
        "severity      medium (property-change), set by ",
        "who           not recorded",
        "next          ",
        "findings accept f-",
        "Prevention",
        "/VisibilityTimeout",
    ] {
        assert!(page.contains(part), "no {part:?} in:\n{page}");
    }
    done(
        &workshop,
        &[
            "findings", "accept", &id, "--reason", "a trial", "--until", FAR,
        ],
    );
    let page = done(&workshop, &["explain", &id]).stdout;
    assert!(
        page.contains("by tester, ") && page.contains("until 3000-01-01T00:00:00Z: a trial"),
        "{page}"
    );
    assert!(
        page.contains("nothing until then, unless what is there changes"),
        "{page}"
    );
}

#[test]
fn the_ignore_that_accept_prints_ignores_just_that_finding_everywhere() {
    let (emulator, aws, workshop) = account(&["Orders", "Bills", "Parcels"]);
    set_timeout(&aws, "Orders", 5);
    set_timeout(&aws, "Bills", 5);
    aws.delete_queue("Parcels");
    let scan = workshop.scan(&[]);
    let named = |name: &str| {
        id(scan
            .list("findings")
            .iter()
            .find(|it| status(it).0 == name)
            .expect("a finding"))
    };
    let reason = "it's \"fine\": # until then,\n{{really}}";
    let ran = done(
        &workshop,
        &[
            "findings",
            "accept",
            &named("Orders"),
            &named("Parcels"),
            "--reason",
            reason,
            "--until",
            FAR,
        ],
    );
    let elsewhere = Workshop::new(&emulator.endpoint());
    elsewhere.configure(&patched(&workshop, &ran.stdout));
    let check = elsewhere.run(&["policy", "check"]);
    assert!(check.stdout.contains("2 ignore(s)"), "{check:?}");
    let scan = elsewhere.scan(&[]);
    assert_eq!(scan.code, 1);
    let drifted: Vec<_> = scan
        .list("findings")
        .iter()
        .map(|it| status(it).0)
        .collect();
    assert_eq!(drifted, ["Bills"], "{:#}", scan.report);
    let mut ignored: Vec<_> = scan
        .list("ignored")
        .iter()
        .map(|it| text(&it["resource"]["name"]))
        .collect();
    ignored.sort();
    assert_eq!(ignored, ["Orders", "Parcels"], "{:#}", scan.report);

    // Nor is another value at the same path: only what was there is accepted.
    set_timeout(&aws, "Orders", 6);
    let scan = elsewhere.scan(&[]);
    let names: Vec<_> = scan
        .list("findings")
        .iter()
        .map(|it| status(it).0)
        .collect();
    assert!(names.contains(&"Orders".to_owned()), "{:#}", scan.report);
    set_timeout(&aws, "Orders", 5);

    // Another path of the same resource is none of it.
    let attributes = serde_json::json!({"DelaySeconds": 9});
    aws.set_queue_attributes("Orders", attributes.as_object().expect("an object"));
    let scan = elsewhere.scan(&[]);
    let orders = scan
        .list("findings")
        .iter()
        .find(|it| status(it).0 == "Orders")
        .expect("the new drift of Orders");
    let paths: Vec<_> = orders["differences"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|it| text(&it["path"]))
        .collect();
    assert_eq!(paths, ["/DelaySeconds"]);
}
