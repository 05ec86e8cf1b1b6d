//! What a file in order asks for that this version cannot do yet.

use super::{parse, with};

#[test]
fn channels_of_later_versions_are_named_with_line_and_key() {
    let text = with(
        "notify:
  channels:
    bot:
      slack:
        channel: '#oncall'
        token: 'env:TOKEN'
    hook: {slack: {webhook: 'env:HOOK'}}
    pager:
      pagerduty:
        routingKey: 'env:KEY'
    mail: {email: {from: a@example.com, to: [b@example.com]}}
    issues: {github: {repository: a/b}}
    topic: {sns: {topic: 'arn:aws:sns:eu-west-1:111122223333:t'}}
    sink: {webhook: {url: 'https://audit.example.com'}}
",
    );
    let loaded = parse(&text).unwrap();
    let later = loaded.channels_of_later();
    let told: Vec<_> = later
        .iter()
        .map(|it| (it.place.unwrap().0, it.path.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            (8, "notify.channels.bot.slack.token"),
            (11, "notify.channels.pager.pagerduty"),
            (13, "notify.channels.mail.email"),
            (14, "notify.channels.issues.github"),
            (15, "notify.channels.topic.sns"),
        ]
    );
    let said = later[1].to_string();
    let begin = "plumbline.yaml:11:7: notify.channels.pager.pagerduty: PagerDuty comes with a later version";
    assert!(
        said.starts_with(begin) && said.contains("dead letter"),
        "{said}"
    );
    assert_eq!(loaded.warnings, [], "a scan tells nobody");
}

#[test]
fn channels_of_this_version_are_not_warned_about() {
    let text = with(
        "notify: {channels: {a: {slack: {webhook: 'env:A'}}, b: {webhook: {url: 'env:B'}}}}\n",
    );
    assert_eq!(parse(&text).unwrap().channels_of_later(), []);
}
