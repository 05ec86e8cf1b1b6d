//! What the caller's account has: who they are, and where its stacks are.

use std::sync::Arc;
use std::time::Duration;

use aws::{Connection, Options};
use domain::ports::PortError;
use domain::stack::StackSummary;
use futures_util::StreamExt as _;
use serde::Serialize;

use super::Missing;
use crate::caller::{self, Caller};

/// The regions that a new account has, in the AWS partition.
const USUAL: [&str; 17] = [
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
    "ca-central-1",
    "sa-east-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
];

/// How many regions are asked at once.
const AT_ONCE: usize = 6;

/// How long the caller or one region may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// What was found in the account.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Account {
    /// Who asked; `None` where that could not be found out.
    #[serde(serialize_with = "identity")]
    pub(super) caller: Option<Caller>,
    /// The regions that were asked, by name.
    pub(super) regions: Vec<Region>,
    /// The SDK's region.
    pub(super) default_region: Option<String>,
    /// The regions that were named on the command line.
    #[serde(skip)]
    pub(super) asked: Vec<String>,
    #[serde(skip)]
    why_not: Option<PortError>,
    /// The names of the stacks that are no nested ones.
    #[serde(skip)]
    pub(super) names: Vec<String>,
}

/// One region.
#[derive(Debug, Serialize)]
pub(super) struct Region {
    pub(super) region: String,
    /// How many stacks it has, nested ones included.
    pub(super) stacks: usize,
    /// Why it could not be looked at.
    pub(super) error: Option<String>,
}

fn identity<S: serde::Serializer>(
    caller: &Option<Caller>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let told = caller
        .as_ref()
        .map(|it| serde_json::json!({"account": it.account, "arn": it.arn}));
    told.serialize(serializer)
}

/// Asks who the caller is and then, a few regions at once, for their stacks.
pub(super) async fn look(only: &[String]) -> Account {
    let options = Options {
        adaptive: false,
        max_attempts: 2,
        connect_timeout: Duration::from_secs(2),
        attempt_timeout: Duration::from_secs(4),
        operation_timeout: PATIENCE,
        ..Options::default()
    };
    let connection = Arc::new(Connection::from_env(options).await);
    let default_region = connection.default_region();
    let mut account = Account {
        caller: None,
        regions: Vec::new(),
        default_region: default_region.clone(),
        asked: only.to_vec(),
        why_not: None,
        names: Vec::new(),
    };
    match caller::caller(&connection).await.caller {
        Ok(it) => account.caller = Some(it),
        Err(error) => {
            account.why_not = Some(error);
            return account;
        }
    }
    let regions = if only.is_empty() {
        wanted(default_region, account.caller.as_ref())
    } else {
        only.to_vec()
    };
    let mut asked = futures_util::stream::iter(regions)
        .map(|region| {
            let connection = Arc::clone(&connection);
            async move {
                let stacks = list(&connection, &region).await;
                (region, stacks)
            }
        })
        .buffer_unordered(AT_ONCE);
    while let Some((region, stacks)) = asked.next().await {
        let (stacks, error) = match stacks {
            Ok(stacks) => {
                let own = stacks.iter().filter(|it| it.root.is_none());
                account.names.extend(own.map(|it| it.id.name().to_owned()));
                (stacks.len(), None)
            }
            Err(error) => (0, Some(error.to_string())),
        };
        account.regions.push(Region {
            region,
            stacks,
            error,
        });
    }
    account.regions.sort_by(|a, b| a.region.cmp(&b.region));
    account
}

/// The SDK's region and the usual ones of the caller's partition.
fn wanted(default: Option<String>, caller: Option<&Caller>) -> Vec<String> {
    let usual: &[&str] = match caller.map_or("aws", Caller::partition) {
        "aws-cn" => &["cn-north-1", "cn-northwest-1"],
        "aws-us-gov" => &["us-gov-east-1", "us-gov-west-1"],
        _ => &USUAL,
    };
    let mut regions: Vec<String> = default.into_iter().collect();
    for region in usual {
        if !regions.iter().any(|it| it == region) {
            regions.push((*region).to_owned());
        }
    }
    regions
}

async fn list(connection: &Connection, region: &str) -> Result<Vec<StackSummary>, PortError> {
    cloudformation::stacks(connection, Some(region), None)
        .await?
        .list()
        .await
}

impl Account {
    /// One that was found so.
    #[cfg(test)]
    pub(super) fn of(caller: Option<Caller>, regions: Vec<Region>, names: &[&str]) -> Self {
        Self {
            caller,
            regions,
            default_region: None,
            asked: Vec::new(),
            why_not: None,
            names: names.iter().map(|it| (*it).to_owned()).collect(),
        }
    }

    /// The regions that have stacks, the one with the most first.
    pub(super) fn with_stacks(&self) -> Vec<&Region> {
        let mut regions: Vec<&Region> = self.regions.iter().filter(|it| it.stacks > 0).collect();
        regions.sort_by(|a, b| (b.stacks, &a.region).cmp(&(a.stacks, &b.region)));
        regions
    }

    /// How many regions could be looked at and have no stack.
    pub(super) fn empty(&self) -> usize {
        let empty = |it: &&Region| it.stacks == 0 && it.error.is_none();
        self.regions.iter().filter(empty).count()
    }

    /// What could not be found out about it.
    pub(super) fn missing(&self) -> Vec<Missing> {
        if let Some(error) = &self.why_not {
            return vec![Missing {
                what: "account and stacks".to_owned(),
                why: error.to_string(),
                fix: "give credentials and a way to AWS as for any AWS tool, then plumbline init --force; or fill in regions in the file by hand".to_owned(),
            }];
        }
        let mut missing: Vec<Missing> = self
            .regions
            .iter()
            .filter_map(|it| {
                Some(Missing {
                    what: format!("stacks in {}", it.region),
                    why: it.error.clone()?,
                    fix: "the caller needs cloudformation:ListStacks there; a region that the account does not use needs nothing".to_owned(),
                })
            })
            .collect();
        if missing.is_empty() && self.with_stacks().is_empty() {
            missing.push(Missing {
                what: "stacks".to_owned(),
                why: format!(
                    "the account has none in the {} region(s) that were looked at",
                    self.regions.len()
                ),
                fix: "name other regions with --region, or another account with AWS_PROFILE, and give --force".to_owned(),
            });
        }
        missing
    }
}
