//! The demo: the whole system in one process, and what its story must say.

use std::{
    collections::BTreeMap,
    io::Read as _,
    process::{Child, Command, Stdio},
};

use serde_json::{Value, json};

use crate::support::{Ran, Workshop, text};

/// A workshop whose settings lead nowhere: the demo must not care about any of them.
fn workshop() -> Workshop {
    Workshop::new("http://127.0.0.1:9")
        .with("AWS_PROFILE", "not-there")
        .with("AWS_MAX_ATTEMPTS", "none")
        .with("PLUMBLINE_CONFIG", "not-there.yaml")
        .with("SSL_CERT_FILE", "not-there.pem")
}

#[track_caller]
fn story(seed: &str) -> Value {
    let workshop = workshop();
    let ran = workshop.run(&["demo", "--exit", "--seed", seed, "-o", "json"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(ran.stderr, "", "{ran:?}");
    assert!(
        workshop.written().is_empty(),
        "the demo leaves nothing behind, neither here nor in TMPDIR"
    );
    serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("no story ({error}): {ran:?}"))
}

#[track_caller]
fn list<'v>(value: &'v Value, name: &str) -> &'v [Value] {
    value[name]
        .as_array()
        .unwrap_or_else(|| panic!("no list {name} in {value}"))
}

/// What was bent while somebody watched, by stack and resource; what was bent twice once.
fn acts(story: &Value) -> BTreeMap<(String, String), Value> {
    list(story, "bent")
        .iter()
        .filter(|it| !it["severity"].is_null())
        .map(|it| ((text(&it["stack"]), text(&it["resource"])), it.clone()))
        .collect()
}

/// The messages about a finding, as channel and text.
fn about(story: &Value, id: &str) -> Vec<(String, String)> {
    list(story, "messages")
        .iter()
        .filter(|it| text(&it["text"]).contains(id))
        .map(|it| (text(&it["channel"]), text(&it["text"])))
        .collect()
}

#[track_caller]
fn tells_exactly_what_was_bent(seed: &str) {
    let story = story(seed);
    let findings = list(&story, "findings");
    let bent = list(&story, "bent");

    // Each resource that was bent is a finding, with just these paths, and nothing else is one.
    let mut expected: Vec<(String, String, Vec<String>)> = bent
        .iter()
        .map(|it| {
            let paths = list(it, "paths").iter().map(text).collect();
            (text(&it["stack"]), text(&it["resource"]), paths)
        })
        .collect();
    expected.sort();
    expected.dedup();
    let mut found: Vec<(String, String, Vec<String>)> = findings
        .iter()
        .map(|it| {
            let resource = &it["resource"];
            let differences = list(it, "differences");
            let paths = differences.iter().map(|it| text(&it["path"])).collect();
            (text(&resource["stack"]), text(&resource["name"]), paths)
        })
        .collect();
    found.sort();
    assert_eq!(found, expected, "seed {seed}");

    // One of each severity, each told once where its route leads, and nowhere else.
    let acts = acts(&story);
    let mut severities = Vec::new();
    let mut reopened = 0;
    for ((stack, name), act) in &acts {
        let finding = findings
            .iter()
            .find(|it| it["resource"]["stack"] == **stack && it["resource"]["name"] == **name)
            .unwrap();
        assert_eq!(finding["severity"], act["severity"], "{finding:#}");
        let severity = text(&act["severity"]);
        let channel = match severity.as_str() {
            "critical" => "oncall",
            "high" | "medium" => "team",
            _ => "log",
        };
        let messages = about(&story, &text(&finding["id"]));
        assert!(
            messages.iter().all(|(it, _)| it == channel),
            "{severity} goes to {channel}: {messages:?}"
        );
        let occurrences = finding["occurrences"].as_u64().unwrap();
        let expected: &[&str] = match occurrences {
            1 => &["drifts in"],
            2 => &["drifts in", "RESOLVED", "drifts again"],
            _ => panic!("it opened {occurrences} times: {finding:#}"),
        };
        assert_eq!(messages.len(), expected.len(), "{messages:?}");
        for ((_, message), part) in messages.iter().zip(expected) {
            assert!(message.contains(part), "{message:?} should say {part:?}");
        }
        assert_eq!(
            finding["status"],
            if occurrences == 2 { "reopened" } else { "open" }
        );
        reopened += occurrences - 1;
        severities.push(severity);
    }
    severities.sort();
    assert_eq!(severities, ["critical", "high", "low", "medium"]);
    assert_eq!(reopened, 1, "one was put back and bent again");

    // What drifted before anybody watched is told as a whole, once a channel.
    let old: Vec<&Value> = findings
        .iter()
        .filter(|it| {
            let resource = &it["resource"];
            !acts.contains_key(&(text(&resource["stack"]), text(&resource["name"])))
        })
        .collect();
    assert_eq!(old.len(), 3);
    for finding in old {
        assert_eq!(about(&story, &text(&finding["id"])), []);
    }
    let digests: Vec<&Value> = list(&story, "messages")
        .iter()
        .filter(|it| text(&it["text"]).contains("Baseline"))
        .collect();
    let mut channels: Vec<String> = digests.iter().map(|it| text(&it["channel"])).collect();
    channels.sort();
    assert_eq!(channels, ["log", "oncall", "team"]);
    assert_eq!(list(&story, "messages").len(), 3 + 4 + 2);

    // The message that nobody can read, and nothing left to tell.
    let [letter] = list(&story, "deadLetters") else {
        panic!("one dead letter: {story:#}");
    };
    assert_eq!(letter["source"], "stack-drift");
    assert!(text(&letter["reason"]).contains("Dance"), "{letter}");
    assert_eq!(story["outbox"], 0);

    // What people bent by hand in a function's environment is nowhere.
    assert!(
        !story.to_string().contains("never-to-be-shown"),
        "a secret value"
    );
}

#[test]
fn the_demo_tells_exactly_what_was_bent() {
    tells_exactly_what_was_bent("1");
}

#[test]
fn another_seed_is_another_story_that_is_just_as_true() {
    tells_exactly_what_was_bent("20");
}

#[test]
fn so_is_a_third() {
    tells_exactly_what_was_bent("300");
}

/// The story without its times, each chapter in an order of its own: what happens at once has none.
fn timeless(mut story: Value) -> Value {
    for chapter in story["chapters"].as_array_mut().unwrap() {
        let lines = chapter["lines"].as_array_mut().unwrap();
        // How often something was asked depends on when the second was over.
        lines.retain(|it| it["source"] != "requests");
        for line in lines.iter_mut() {
            line["at"] = json!(null);
        }
        lines.sort_by_key(Value::to_string);
    }
    for finding in story["findings"].as_array_mut().unwrap() {
        finding["firstSeen"] = json!(null);
        finding["lastSeen"] = json!(null);
        // Under a key of its own for each run.
        for difference in finding["differences"].as_array_mut().unwrap() {
            if difference["sensitive"] == true {
                difference["expected"] = json!(null);
                difference["actual"] = json!(null);
            }
        }
    }
    story["messages"]
        .as_array_mut()
        .unwrap()
        .sort_by_key(Value::to_string);
    story["requests"] = json!(null);
    story
}

#[test]
fn the_same_seed_is_the_same_story_but_for_its_times() {
    assert_eq!(timeless(story("7")), timeless(story("7")));
}

#[track_caller]
fn plain(ran: &Ran) {
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(!ran.stdout.contains('\u{1b}'), "no colours in a pipe");
}

#[test]
fn piped_the_story_is_plain_text_with_one_event_a_line() {
    let ran = workshop().run(&["demo", "--exit", "--stacks", "6"]);
    plain(&ran);
    for part in [
        "6 stacks",
        "account  ",
        "ledger  ",
        "slack  ",
        "dead letter  ",
        "requests  ",
        "reopened",
        "drift_detection_runs_total",
    ] {
        assert!(ran.stdout.contains(part), "no {part:?} in {}", ran.stdout);
    }
    assert!(!ran.stdout.contains("never-to-be-shown"), "a secret value");
    assert!(ran.took.as_secs() < 60, "{:?}", ran.took);
}

#[test]
fn too_few_stacks_are_refused() {
    let ran = workshop().run(&["demo", "--exit", "--stacks", "5"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stderr.contains("6..=200"), "{ran:?}");
}

/// A signal for a child of this test; `INT` is Ctrl-C.
fn send(signal: &str, child: &Child) {
    let pid = child.id().to_string();
    let sent = Command::new("kill")
        .args(["-s", signal, &pid])
        .status()
        .unwrap();
    assert!(sent.success());
}

#[test]
fn ended_in_the_middle_of_its_story_it_leaves_nothing_behind() {
    for signal in ["INT", "TERM", "HUP"] {
        let workshop = workshop();
        let mut demo = workshop
            .command(&["demo", "--exit"])
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut stdout = demo.stdout.take().unwrap();
        // Its first words come once everything is up.
        assert!(stdout.read(&mut [0; 1]).unwrap() > 0);
        send(signal, &demo);
        assert_eq!(demo.wait().unwrap().code(), Some(1), "{signal}");
        assert!(workshop.written().is_empty(), "{signal}");
    }
}

#[test]
fn under_nohup_it_outlives_the_terminal() {
    let workshop = workshop();
    let plain = workshop.command(&["demo", "--exit"]);
    let mut nohup = Command::new("nohup");
    nohup
        .arg(plain.get_program())
        .args(plain.get_args())
        .current_dir(plain.get_current_dir().unwrap())
        .env_clear()
        .envs(
            plain
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        )
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut demo = nohup.spawn().unwrap();
    let mut stdout = demo.stdout.take().unwrap();
    assert!(stdout.read(&mut [0; 1]).unwrap() > 0);
    send("HUP", &demo);
    std::io::copy(&mut stdout, &mut std::io::sink()).unwrap();
    assert_eq!(demo.wait().unwrap().code(), Some(0));
    assert!(workshop.written().is_empty());
}

#[test]
fn it_stays_up_with_a_report_and_a_ledger_that_other_commands_read() {
    let workshop = workshop();
    let mut demo = workshop
        .command(&["demo", "--stacks", "6"])
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut stdout = demo.stdout.take().unwrap();
    let mut told = String::new();
    let mut buffer = [0; 4096];
    while !told.contains("Ctrl-C") {
        let read = stdout.read(&mut buffer).unwrap();
        assert!(read > 0, "it ended: {told}");
        told.push_str(&String::from_utf8_lossy(&buffer[..read]));
    }
    let word = |before: &str| {
        let (_, rest) = told.split_once(before).unwrap();
        rest.split_whitespace().next().unwrap().to_owned()
    };
    let page = ureq::get(word("report  "))
        .call()
        .unwrap()
        .into_body()
        .read_to_string()
        .unwrap();
    assert!(
        page.starts_with("<!") && page.contains("/VisibilityTimeout") || page.contains("/Tags")
    );
    let ledger = word("findings --ledger ");
    let findings = workshop.run(&["findings", "--ledger", &ledger, "-o", "name"]);
    assert_eq!(findings.stdout.lines().count(), 7, "{findings:?}");

    // The dead letter is there, says nothing of its content, and comes back when it is sent again.
    let letters = |arguments: &[&str]| {
        let ran = workshop.run(&[&["dead-letters", "--ledger", &ledger], arguments].concat());
        assert_eq!(ran.code, 0, "{ran:?}");
        ran.stdout
    };
    let list: Value = serde_json::from_str(&letters(&["list", "-o", "json"])).unwrap();
    let before = list["deadLetters"][0].clone();
    let id = text(&before["id"]);
    assert!(letters(&[]).contains(&id));
    assert!(letters(&["show", &id]).contains("not shown"));
    let retried = letters(&["retry", &id]);
    assert!(retried.contains("went back to stack-drift"), "{retried}");
    let again = std::time::Instant::now();
    loop {
        let list: Value = serde_json::from_str(&letters(&["list", "-o", "json"])).unwrap();
        // It cannot be read this time either.
        if list["deadLetters"][0]["id"] == id.as_str()
            && list["deadLetters"][0]["at"] != before["at"]
        {
            break;
        }
        assert!(
            again.elapsed().as_secs() < 30,
            "it did not come back: {list}"
        );
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    send("TERM", &demo);
    assert_eq!(demo.wait().unwrap().code(), Some(0));
    assert!(workshop.written().is_empty(), "its directory goes with it");
}
