//! The command line, as `--help` shows it.

use std::path::PathBuf;
use std::time::Duration;

use crate::demo::{FEWEST_STACKS, MOST_STACKS};
use crate::diff::Diff;
use crate::doctor::Doctor;
use crate::init::Init;
use crate::policy_against::Check;
use crate::policy_test::Test;
use crate::setup::Setup;
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use domain::layer::Layer;
use jiff::{SignedDuration, Timestamp, civil, tz::TimeZone};

/// Finds what hangs crooked in AWS and Kubernetes, says who bent it, and remembers it.
///
/// Exit codes of scan and diff: 0 in sync, 1 drift, 2 error or incomplete. Other
/// commands: 0 done, 1 not done, 2 usage or configuration.
#[derive(Debug, Parser)]
#[command(name = "plumbline", version, max_term_width = 100)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
    /// The configuration file [default: plumbline.yaml].
    #[arg(long, global = true, env = "PLUMBLINE_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// The ledger's file, with its key beside it as FILE.key; `none` keeps nothing.
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        default_value = ".plumbline/ledger"
    )]
    pub(crate) ledger: PathBuf,
    /// The ledger of a deployment instead: its DynamoDB table (output `Table`
    /// of the stack). The reference to the key of its hashes is then in PLUMBLINE_HMAC_KEY.
    #[arg(
        long,
        global = true,
        value_name = "NAME",
        conflicts_with = "ledger",
        value_parser = table
    )]
    pub(crate) table: Option<String>,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// The whole system on this machine with no account: a pretend one is bent, and you see what follows.
    Demo(Demo),
    /// Look at what can be reached from here, and write a commented plumbline.yaml in observe mode.
    Init(Init),
    /// Look now, from here; report, and keep the ledger. Changes and sends nothing.
    Scan(Scan),
    /// Compare manifests with a cluster, in the place of kubectl diff, and see who changed what and when.
    ///
    /// Needs no configuration and records nothing; a plumbline.yaml that is there gives its rules and
    /// trusted managers. Secret values are never shown. KUBECTL_EXTERNAL_DIFF names another program to
    /// show the differences. Exit codes: 0 in sync, 1 differences, 2 error or incomplete.
    Diff(Box<Diff>),
    /// The ledger's findings.
    Findings(Findings),
    /// Why a finding exists, which rule set its severity, and what comes next.
    Explain(Explain),
    /// Validate the configuration, and see which of its rules decides and why.
    Policy(Policy),
    /// The last scan as one self-contained page.
    Report(Report),
    /// Run one function's handler here, with a complete Lambda event, over a ledger and the real AWS.
    Invoke(Invoke),
    /// Messages that no further try could help: what they were, why, and once more.
    DeadLetters(DeadLetters),
    /// Check every permission, credential, endpoint and clock: ok, warn or fail, and the fix.
    Doctor(Doctor),
    /// Print the manifest of a GitHub or Slack App with exactly the needed permissions, and the steps.
    Setup(Setup),
    /// Print the completion script of a shell.
    Completions {
        /// The shell.
        shell: Shell,
    },
}

/// Arguments of `demo`.
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// What the pretend account is, and what is bent in it; the same number is the same story.
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub(crate) seed: u64,
    /// How many stacks the pretend account has.
    #[arg(long, default_value_t = 8, value_name = "N",
        value_parser = clap::value_parser!(u16).range(i64::from(FEWEST_STACKS)..=i64::from(MOST_STACKS)))]
    pub(crate) stacks: u16,
    /// End when the story is told, instead of serving the report until Ctrl-C.
    #[arg(long)]
    pub(crate) exit: bool,
    /// How to print the story: while it happens, or as JSON at its end.
    #[arg(short, long, default_value = "table", value_name = "FORMAT")]
    pub(crate) output: PlainFormat,
}

/// Arguments of `scan`.
#[derive(Debug, Args)]
pub(crate) struct Scan {
    /// Only these targets of the configuration [default: all].
    #[arg(value_name = "TARGET")]
    pub(crate) targets: Vec<String>,
    /// Only targets of this layer.
    #[arg(long, value_parser = layer)]
    pub(crate) layer: Option<Layer>,
    /// Count what cannot be compared as incomplete: exit code 2.
    #[arg(long)]
    pub(crate) strict: bool,
    /// How long one stack's drift detection may take.
    #[arg(long, default_value = "15m", value_parser = duration, value_name = "DURATION")]
    pub(crate) timeout: Duration,
    /// Do not ask CloudTrail who made what is seen.
    #[arg(long)]
    pub(crate) no_attribution: bool,
    /// How to print the report.
    #[arg(short, long, default_value = "table", value_name = "FORMAT")]
    pub(crate) output: ReportFormat,
}

/// How a scan is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// For people.
    Table,
    /// For people, with every column and difference.
    Wide,
    /// The contract, `plumbline/v1`.
    Json,
    /// The same as YAML.
    Yaml,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// For a pull request or an issue.
    Markdown,
    /// The ids of the findings, one a line.
    Name,
}

/// How findings are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ListFormat {
    /// For people.
    Table,
    /// For people, with every column and difference.
    Wide,
    /// `plumbline/v1`.
    Json,
    /// The same as YAML.
    Yaml,
    /// The ids, one a line.
    Name,
}

/// Arguments of `findings`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Findings {
    /// What to do with them [default: list].
    #[command(subcommand)]
    pub(crate) command: Option<FindingsCommand>,
    /// How to list them.
    #[command(flatten)]
    pub(crate) list: List,
}

/// What can be done with findings.
#[derive(Debug, Subcommand)]
pub(crate) enum FindingsCommand {
    /// List them, open ones unless --all.
    List(List),
    /// All about one, with its history.
    Show {
        /// Its id, or the beginning of it.
        finding: String,
        /// How to print it.
        #[arg(short, long, default_value = "table", value_name = "FORMAT")]
        output: ListFormat,
    },
    /// Say that you have taken note.
    Ack {
        /// Which ones.
        #[command(flatten)]
        which: Which,
        /// What to remember about it.
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// Hear nothing of them until a date, whatever their values do.
    Silence(Until),
    /// Accept just what is there now until a date, and print the ignore to add.
    Accept(Until),
    /// Take back what was said of them.
    Reopen {
        /// Which ones.
        #[command(flatten)]
        which: Which,
    },
}

/// Arguments of `findings list`.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Closed ones too.
    #[arg(long)]
    pub(crate) all: bool,
    /// Keep looking, and print again when something changes.
    #[arg(long)]
    pub(crate) watch: bool,
    /// How to print them.
    #[arg(short, long, default_value = "table", value_name = "FORMAT")]
    pub(crate) output: ListFormat,
}

/// Which findings a word is about.
#[derive(Clone, Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Which {
    /// Ids, or the beginnings of them.
    #[arg(value_name = "FINDING")]
    pub(crate) findings: Vec<String>,
    /// Every open finding.
    #[arg(long)]
    pub(crate) all: bool,
}

/// Arguments of `findings silence` and `findings accept`.
#[derive(Debug, Args)]
pub(crate) struct Until {
    /// Which ones.
    #[command(flatten)]
    pub(crate) which: Which,
    /// Why.
    #[arg(long, value_name = "TEXT", value_parser = reason)]
    pub(crate) reason: String,
    /// The last day of it (UTC), as 2027-01-31, or a moment, as 2027-01-31T12:00:00Z.
    #[arg(long, value_name = "DATE", value_parser = until)]
    pub(crate) until: Timestamp,
}

/// Arguments of `explain`.
#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// Its id, or the beginning of it.
    pub(crate) finding: String,
}

/// Arguments of `policy`.
#[derive(Debug, Args)]
pub(crate) struct Policy {
    /// What to do with it.
    #[command(subcommand)]
    pub(crate) command: PolicyCommand,
}

/// What can be done with the policy.
#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// Validate the configuration file, and say what deserves a second look.
    Check(Check),
    /// Which rule decides about a finding, and why.
    Explain {
        /// Its id, or the beginning of it.
        finding: String,
    },
    /// Run the policy tests of a file.
    Test(Test),
    /// Print the JSON schema of the configuration file.
    Schema,
}

/// Arguments of `report`.
#[derive(Debug, Args)]
pub(crate) struct Report {
    /// Where to write the page; `-` for standard output.
    #[arg(long, value_name = "FILE")]
    pub(crate) html: PathBuf,
}

/// Arguments of `invoke`.
#[derive(Debug, Args)]
pub(crate) struct Invoke {
    /// The function.
    pub(crate) function: Function,
    /// The event, as Lambda hands it over; `-` is standard input.
    #[arg(long, value_name = "FILE")]
    pub(crate) event: PathBuf,
    /// How to print what became of it.
    #[arg(short, long, default_value = "table", value_name = "FORMAT")]
    pub(crate) output: PlainFormat,
}

/// How short lists are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PlainFormat {
    /// For people.
    Table,
    /// For scripts.
    Json,
}

/// A function, by its folder's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Function {
    /// Lists the stacks and asks for a look at each.
    DriftScan,
    /// Looks at one stack.
    StackDrift,
    /// Looks at what a target watches in a cluster.
    ClusterDrift,
    /// Records what AWS Config says.
    ConfigChange,
    /// Sends what the outbox holds.
    Publish,
    /// Does what is due.
    Clock,
    /// Tells people.
    Notify,
    /// Records what the registry says.
    ImagePush,
}

impl Function {
    /// Its name.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Function::DriftScan => "drift-scan",
            Function::StackDrift => "stack-drift",
            Function::ClusterDrift => "cluster-drift",
            Function::ConfigChange => "config-change",
            Function::Publish => "publish",
            Function::Clock => "clock",
            Function::Notify => "notify",
            Function::ImagePush => "image-push",
        }
    }
}

/// Arguments of `dead-letters`.
#[derive(Debug, Args)]
pub(crate) struct DeadLetters {
    /// What to do with them [default: list].
    #[command(subcommand)]
    pub(crate) command: Option<DeadLettersCommand>,
    /// Those of a deployment: the name of its CloudFormation stack.
    #[arg(long, global = true, value_name = "NAME", conflicts_with = "queue")]
    pub(crate) stack: Option<String>,
    /// Those of a dead letter queue, by its name or URL; may be given again.
    #[arg(long, global = true, value_name = "NAME|URL")]
    pub(crate) queue: Vec<String>,
    /// How to print them.
    #[arg(
        short,
        long,
        global = true,
        default_value = "table",
        value_name = "FORMAT"
    )]
    pub(crate) output: PlainFormat,
}

/// What can be done with dead letters.
#[derive(Debug, Subcommand)]
pub(crate) enum DeadLettersCommand {
    /// List them, the oldest first.
    List,
    /// All about one.
    Show {
        /// Its id, or the beginning of it.
        id: String,
        /// Print its body as it is, which may hold anything.
        #[arg(long)]
        raw: bool,
    },
    /// Send them back to where they came from.
    Retry {
        /// Which ones.
        #[command(flatten)]
        which: WhichLetters,
        /// The queue to send them to, by name or URL [default: the one they came from].
        #[arg(long, value_name = "NAME|URL")]
        to: Option<String>,
    },
}

/// Which dead letters.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct WhichLetters {
    /// Ids, or the beginnings of them.
    #[arg(value_name = "ID")]
    pub(crate) ids: Vec<String>,
    /// Every one.
    #[arg(long)]
    pub(crate) all: bool,
}

fn layer(text: &str) -> Result<Layer, String> {
    Layer::from_name(text).ok_or_else(|| {
        let names: Vec<&str> = Layer::ALL.into_iter().map(Layer::as_str).collect();
        format!("the layers are {}", names.join(", "))
    })
}

/// A table's name, or its ARN, as DynamoDB takes it.
fn table(text: &str) -> Result<String, String> {
    let name = match text.strip_prefix("arn:") {
        Some(arn) => arn.split_once(":table/").map_or("", |(_, name)| name),
        None => text,
    };
    let is_letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    if (3..=255).contains(&name.len()) && name.chars().all(is_letter) {
        return Ok(text.to_owned());
    }
    Err("a table's name has 3 to 255 letters, digits, `_`, `-` and `.`; take the stack's output `Table`".to_owned())
}

fn duration(text: &str) -> Result<Duration, String> {
    text.parse::<SignedDuration>()
        .ok()
        .and_then(|it| Duration::try_from(it).ok())
        .filter(|it| !it.is_zero())
        .ok_or_else(|| "write a duration as 90s, 15m or 1h".to_owned())
}

fn reason(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() {
        return Err("say why, in a few words".to_owned());
    }
    Ok(text.to_owned())
}

/// The end of a date's day, or the moment itself.
fn until(text: &str) -> Result<Timestamp, String> {
    // First the moment: a date is also read out of one.
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Ok(moment);
    }
    text.parse::<civil::Date>()
        .and_then(civil::Date::tomorrow)
        .and_then(|next| TimeZone::UTC.to_timestamp(next.at(0, 0, 0, 0)))
        .map_err(|_| "write a date as 2027-01-31 or a moment as 2027-01-31T12:00:00Z".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_date_means_the_whole_of_its_day() {
        assert_eq!(
            until("2027-01-31").unwrap().to_string(),
            "2027-02-01T00:00:00Z"
        );
        assert_eq!(
            until("2027-01-31T12:00:00+01:00").unwrap().to_string(),
            "2027-01-31T11:00:00Z"
        );
        for wrong in ["", "31.1.2027", "2027-02-30", "tomorrow"] {
            assert!(until(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn durations_are_written_short() {
        assert_eq!(duration("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("1h"), Ok(Duration::from_secs(3600)));
        for wrong in ["0s", "-1m", "15", "soon"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_tables_name_is_one_that_dynamodb_takes() {
        let arn = "arn:aws:dynamodb:eu-west-1:111122223333:table/plumbline-Table.1";
        let longest = "t".repeat(255);
        for right in ["plumbline_Table-1.x", "abc", arn, &longest] {
            assert_eq!(table(right), Ok(right.to_owned()));
        }
        let too_long = "t".repeat(256);
        let no_table = "arn:aws:sqs:eu-west-1:111122223333:queue";
        for wrong in [
            "", "  ", "ab", "my table", "täble", "a/b/c", no_table, &too_long,
        ] {
            let said = table(wrong).unwrap_err();
            assert!(said.contains("output `Table`"), "{wrong}: {said}");
        }
        let cli = |name: &str| Cli::try_parse_from(["plumbline", "findings", "--table", name]);
        assert!(cli("abc").is_ok());
        assert_eq!(cli("").unwrap_err().exit_code(), 2);
    }

    #[test]
    fn a_word_about_findings_needs_to_say_which() {
        for wrong in [
            &["plumbline", "findings", "ack"][..],
            &["plumbline", "findings", "ack", "f-1", "--all"],
            &[
                "plumbline",
                "findings",
                "accept",
                "f-1",
                "--until",
                "2027-01-31",
            ],
            &[
                "plumbline",
                "findings",
                "silence",
                "f-1",
                "--reason",
                " ",
                "--until",
                "2027-01-31",
            ],
        ] {
            assert!(Cli::try_parse_from(wrong).is_err(), "{wrong:?}");
        }
    }
}
