//! The file that `init` writes. Every example in it is valid once the `#` before
//! it is taken away: a line of an example has no single space after its `#`.

use jiff::{Timestamp, tz::TimeZone};

use super::account::Account;
use super::here::Here;

/// The words in names that tell an environment, and the environment.
const WORDS: [(&str, &str); 10] = [
    ("production", "production"),
    ("prod", "production"),
    ("prd", "production"),
    ("live", "production"),
    ("staging", "staging"),
    ("stage", "staging"),
    ("development", "development"),
    ("dev", "development"),
    ("test", "test"),
    ("sandbox", "sandbox"),
];

/// The environment, and how it was found.
pub(super) struct Environment {
    pub(super) name: String,
    why: &'static str,
}

/// What most stacks' names say, else the profile's name, else production.
pub(super) fn environment(account: &Account) -> Environment {
    let mut votes: Vec<(&str, usize)> = Vec::new();
    for named in account.names.iter().filter_map(|it| told_by(it)) {
        match votes.iter_mut().find(|(it, _)| *it == named) {
            Some((_, count)) => *count += 1,
            None => votes.push((named, 1)),
        }
    }
    let most = votes.iter().max_by_key(|(_, count)| *count);
    if let Some((name, count)) = most
        && count * 2 > account.names.len()
    {
        return Environment {
            name: (*name).to_owned(),
            why: "a guess, from the names of most stacks",
        };
    }
    let profile = std::env::var("AWS_PROFILE").unwrap_or_default();
    if let Some(name) = told_by(&profile) {
        return Environment {
            name: name.to_owned(),
            why: "a guess, from the name of the AWS profile",
        };
    }
    Environment {
        name: "production".to_owned(),
        why: "nothing here told another",
    }
}

fn told_by(name: &str) -> Option<&'static str> {
    let mut parts = name.split(|c: char| !c.is_ascii_alphanumeric());
    parts.find_map(|part| {
        let part = part.to_ascii_lowercase();
        let word = WORDS.iter().find(|(word, _)| *word == part)?;
        Some(word.1)
    })
}

/// The text of the file.
pub(super) fn file(account: &Account, here: &Here, environment: &Environment) -> String {
    let regions = regions(account);
    let listed = regions.join(", ");
    let one = regions.first().map_or("eu-west-1", String::as_str);
    let today = TimeZone::UTC.to_datetime(Timestamp::now()).date();
    let next_year = today.year().saturating_add(1);
    let mut text = format!(
        "\
# What Plumbline watches, how bad which change is, and who is told.
# Written by `plumbline init` on {today}; it is yours now, commit it.
# A # right before a key or before several spaces holds an example: take the # away to use it.
# `plumbline policy check` says what is wrong with the file, docs/policy.md what can stand in it.
apiVersion: plumbline/v1

# It stands in every report and message ({}).
environment: {}

targets:
{}",
        environment.why,
        environment.name,
        stacks(account, &listed),
    );
    text.push_str(&format!(
        "
  # AWS Config rules. A scan of a layer that this version does not look at yet says so, exit code 2.
#  - name: rules
#    policy: {{regions: [{one}], rules: [\"*\"]}}
"
    ));
    text.push_str(&cluster(here, one));
    text.push_str(
        "
# Other accounts, each with the role to look with (infra/iam/read-role.yaml makes it);
# name their ids in a target: cloudformation: {accounts: [\"222222222222\"]}.
#accounts:
#  - {id: \"222222222222\", read: \"arn:aws:iam::222222222222:role/plumbline-read\", externalId: a-word}
",
    );
    match &here.repository {
        Some(repository) => text.push_str(&format!(
            "\n# The repository that this file lives in.\ngithub: {{repository: {repository}}}\n"
        )),
        None => text.push_str(
            "\n# The repository that this file lives in.\n#github: {repository: your-org/infrastructure}\n",
        ),
    }
    text.push_str(&format!(
        "
# Your own severities come before the default ones; the first rule that matches decides.
#severity:
#  - when: resource.type == \"AWS::SQS::Queue\" && difference.path.startsWith(\"/RedrivePolicy\")
#    severity: high

# What is known and accepted until a day; `plumbline findings accept` writes the entry for a finding.
#ignore:
#  - when: resource.type == \"AWS::RDS::DBInstance\" && difference.path == \"/EngineVersion\"
#    reason: minor versions are upgraded by AWS
#    owner: platform
#    expires: {next_year}-12-31

# Who is told, once this is deployed (docs/DEPLOYMENT.md). A scan from a shell tells nobody but you.
# Secrets are references: ssm-secure:NAME, secretsmanager:NAME[#key], env:NAME, file:PATH.
#notify:
#  routes: [{{when: \"true\", to: [drift]}}]
#  channels:
#    drift: {{slack: {{webhook: \"ssm-secure:/plumbline/slack\"}}}}
"
    ));
    text
}

/// The regions of the target: those with stacks, else those that were asked for, else the SDK's.
fn regions(account: &Account) -> Vec<String> {
    let mut regions: Vec<String> = account
        .with_stacks()
        .iter()
        .map(|it| it.region.clone())
        .collect();
    if regions.is_empty() {
        // A name that is given twice would be watched twice.
        for region in &account.asked {
            if !regions.contains(region) {
                regions.push(region.clone());
            }
        }
    }
    if regions.is_empty() {
        regions.extend(account.default_region.clone());
    }
    // What the SDK is set to may be no name of a region, and a file with it would be refused.
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    regions.retain(|it| it.chars().all(plain) && it.matches('-').count() >= 2);
    regions
}

/// The target that watches the stacks.
fn stacks(account: &Account, regions: &str) -> String {
    let found: Vec<String> = account
        .with_stacks()
        .iter()
        .map(|it| format!("{} in {}", it.stacks, it.region))
        .collect();
    let caller = account.caller.as_ref();
    let told = match (caller, &found[..]) {
        (None, _) if !account.asked.is_empty() => {
            "# AWS could not be asked what is there: the regions are those that were given to `plumbline init`.".to_owned()
        }
        (None, _) => {
            "# FILL IN: AWS could not be asked. Name the regions that have stacks; without `regions` it is the SDK's.".to_owned()
        }
        (Some(it), []) => format!(
            "# FILL IN: account {} has no stack in the regions that were looked at. Name those that have.",
            it.account
        ),
        (Some(it), found) => format!("# Account {}: stacks: {}.", it.account, found.join(", ")),
    };
    let regions = if regions.is_empty() {
        "#      regions: [eu-west-1]\n".to_owned()
    } else {
        format!("      regions: [{regions}]\n")
    };
    format!(
        "  {told}
  - name: stacks
    mode: observe        # looks and tells; nothing is changed until you say so
    cloudformation:
{regions}      stacks: [\"*\"]      # globs on the name, capitals count; nested stacks follow their parents
"
    )
}

/// The example of a target that watches a cluster, with what the kubeconfig says.
fn cluster(here: &Here, region: &str) -> String {
    let context = here.contexts.iter().find(|it| {
        it.chars()
            .all(|c| c.is_ascii_graphic() && c != '"' && c != '\\')
    });
    let (told, cluster) = match context {
        Some(name) => match eks(name) {
            Some((region, cluster)) => (
                "the current context of the kubeconfig is this one",
                format!("{{eks: {{name: {cluster}, region: {region}}}}}"),
            ),
            None => (
                "this context is in the kubeconfig",
                format!("{{kubeconfig: {{context: \"{name}\"}}}}"),
            ),
        },
        None => (
            "name yours",
            format!("{{eks: {{name: my-cluster, region: {region}}}}}"),
        ),
    };
    format!(
        "
  # A cluster against its manifests in Git; {told}.
#  - name: cluster
#    kubernetes:
#      cluster: {cluster}
#      manifests: {{directory: k8s}}
#      namespaces: [default]
"
    )
}

/// Region and name of the EKS cluster that a context's name is the ARN of.
fn eks(context: &str) -> Option<(&str, &str)> {
    let parts: Vec<&str> = context.split(':').collect();
    match parts[..] {
        ["arn", _, "eks", region, _, cluster] => Some((region, cluster.strip_prefix("cluster/")?)),
        _ => None,
    }
}
