//! The file that is written: in order as it is, and with every example in use.

use jiff::Timestamp;
use policy::{Config, Mode};

use super::account::{Account, Region};
use super::here::Here;
use super::text::{environment, file};
use crate::caller::Caller;

fn region(name: &str, stacks: usize, error: Option<&str>) -> Region {
    Region {
        region: name.to_owned(),
        stacks,
        error: error.map(str::to_owned),
    }
}

fn account(regions: Vec<Region>, names: &[&str]) -> Account {
    let caller = Caller {
        account: "111122223333".to_owned(),
        arn: "arn:aws:iam::111122223333:user/x".to_owned(),
    };
    Account::of(Some(caller), regions, names)
}

fn nobody() -> Account {
    Account::of(None, Vec::new(), &[])
}

fn here(contexts: &[&str], repository: Option<&str>) -> Here {
    Here {
        contexts: contexts.iter().map(|it| (*it).to_owned()).collect(),
        repository: repository.map(str::to_owned),
        ..Here::default()
    }
}

/// With the `#` before every example taken away.
fn in_use(text: &str) -> String {
    let is_example = |line: &str| match line.strip_prefix('#') {
        Some(rest) => rest.starts_with("  ") || rest.starts_with(|c: char| c.is_ascii_lowercase()),
        None => false,
    };
    let lines = text
        .lines()
        .map(|line| if is_example(line) { &line[1..] } else { line });
    lines.collect::<Vec<_>>().join("\n") + "\n"
}

#[test]
fn every_file_is_in_order_without_a_warning_and_so_is_each_example_in_it() {
    let several = vec![
        region("eu-west-1", 2, None),
        region("us-east-1", 30, None),
        region("us-east-2", 0, Some("no")),
    ];
    for (account, here) in [
        (nobody(), here(&[], None)),
        (account(Vec::new(), &[]), here(&["kind \"x\""], None)),
        (
            account(several, &["shop-prod"]),
            here(
                &["arn:aws:eks:eu-west-1:111122223333:cluster/shop"],
                Some("shop/infra"),
            ),
        ),
        (nobody(), here(&["minikube: yes # no"], Some("a/b.c"))),
    ] {
        let text = file(&account, &here, &environment(&account));
        for text in [text.clone(), in_use(&text)] {
            let loaded = Config::parse(&text, "plumbline.yaml", Timestamp::now())
                .unwrap_or_else(|errors| panic!("{errors}\n{text}"));
            assert_eq!(loaded.warnings, [], "{text}");
            let modes: Vec<Mode> = loaded.config.targets.iter().map(|it| it.mode).collect();
            assert!(modes.iter().all(|it| *it == Mode::Observe));
        }
        let used = Config::parse(&in_use(&text), "f", Timestamp::now())
            .unwrap()
            .config;
        assert_eq!(used.targets.len(), 3, "{text}");
        assert_eq!(
            (used.accounts.len(), used.ignore.len(), used.severity.len()),
            (1, 1, 1)
        );
        assert!(used.github.is_some() && used.notify.channels.len() == 1);
    }
}

#[test]
fn the_target_names_the_regions_with_stacks_the_fullest_first() {
    let account = account(
        vec![
            region("eu-west-1", 2, None),
            region("sa-east-1", 0, None),
            region("us-east-1", 30, None),
        ],
        &[],
    );
    let text = file(&account, &here(&[], None), &environment(&account));
    assert!(
        text.contains("      regions: [us-east-1, eu-west-1]\n"),
        "{text}"
    );
    assert!(text.contains("# Account 111122223333: stacks: 30 in us-east-1, 2 in eu-west-1."));
    assert!(
        !text.contains("user/x"),
        "the file is committed, and a person's name is nobody's business"
    );
}

#[test]
fn regions_that_were_asked_for_are_written_where_no_stack_was_found() {
    let asked = |mut account: Account, default: Option<&str>| {
        account.asked = ["eu-west-3", "sa-east-1", "eu-west-3"]
            .map(str::to_owned)
            .to_vec();
        account.default_region = default.map(str::to_owned);
        account
    };
    for account in [
        asked(nobody(), None),
        asked(nobody(), Some("us-east-1")),
        asked(account(vec![region("eu-west-3", 0, None)], &[]), None),
    ] {
        let text = file(&account, &here(&[], None), &environment(&account));
        let line = "      regions: [eu-west-3, sa-east-1]\n";
        assert!(text.contains(line), "{text}");
        assert_eq!(text.contains("FILL IN"), account.caller.is_some(), "{text}");
        let loaded = Config::parse(&text, "plumbline.yaml", Timestamp::now()).unwrap();
        assert_eq!(loaded.warnings, []);
    }
    let found = asked(account(vec![region("sa-east-1", 1, None)], &[]), None);
    let text = file(&found, &here(&[], None), &environment(&found));
    assert!(text.contains("      regions: [sa-east-1]\n"), "{text}");
}

#[test]
fn the_environment_is_what_most_names_say() {
    let of = |names: &[&str]| environment(&account(Vec::new(), names)).name;
    assert_eq!(of(&["shop-staging", "Pay-Staging-db", "x"]), "staging");
    assert_eq!(of(&["shop-staging", "pay-dev", "x"]), "production");
    assert_eq!(of(&["reproduction", "latest"]), "production");
    assert_eq!(of(&["a-prod-b"]), "production");
}

#[test]
fn an_output_that_was_meant_as_a_format_is_refused() {
    assert!(super::file("json").is_err() && super::file("plumbline.yaml").is_ok());
    assert!(super::region("eu-west-1").is_ok());
    for wrong in ["EU-WEST-1", "eu", "eu-west-1;x", ""] {
        assert!(super::region(wrong).is_err(), "{wrong}");
    }
}
