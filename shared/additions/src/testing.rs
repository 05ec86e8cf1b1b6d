//! What hangs on resources, in memory.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use async_trait::async_trait;
use domain::ports::{
    Attachments, Grant, GroupRule, Holder, PortError, PortErrorKind, PublicAccessBlock, Route,
};
use serde_json::Value;

/// An account's security types, which counts how it is asked and fails where it is told to.
///
/// What was never set is as AWS makes it: no rules, policies, routes, grants or
/// node groups, and a bucket's block with all switches on. A key whose policy
/// was not set is not there.
#[derive(Debug, Default)]
pub struct MemoryAttachments {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    rules: Vec<GroupRule>,
    routes: Vec<Route>,
    inline: BTreeMap<Holder, Vec<String>>,
    attached: BTreeMap<Holder, Vec<String>>,
    policies: BTreeMap<String, Value>,
    blocks: BTreeMap<String, Option<PublicAccessBlock>>,
    key_policies: BTreeMap<String, Value>,
    grants: BTreeMap<String, Vec<Grant>>,
    node_groups: BTreeMap<String, Vec<String>>,
    failing: Vec<(&'static str, Option<String>, PortErrorKind)>,
    calls: BTreeMap<&'static str, usize>,
    largest: usize,
    running: usize,
    most: usize,
}

impl MemoryAttachments {
    /// An account without anything.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a rule to its group.
    pub fn add_rule(&self, rule: GroupRule) {
        self.state().rules.push(rule);
    }

    /// Takes the rules away that a condition names.
    pub fn remove_rules(&self, goes: impl Fn(&GroupRule) -> bool) {
        self.state().rules.retain(|rule| !goes(rule));
    }

    /// Adds a route to its table.
    pub fn add_route(&self, route: Route) {
        self.state().routes.push(route);
    }

    /// Gives a holder an inline policy.
    pub fn add_inline_policy(&self, holder: Holder, name: &str) {
        let mut state = self.state();
        state
            .inline
            .entry(holder)
            .or_default()
            .push(name.to_owned());
    }

    /// Attaches a managed policy to a holder.
    pub fn attach_policy(&self, holder: Holder, arn: &str) {
        let mut state = self.state();
        state
            .attached
            .entry(holder)
            .or_default()
            .push(arn.to_owned());
    }

    /// Gives a bucket a policy.
    pub fn set_bucket_policy(&self, bucket: &str, policy: Value) {
        self.state().policies.insert(bucket.to_owned(), policy);
    }

    /// Sets or takes away what a bucket blocks.
    pub fn set_public_access_block(&self, bucket: &str, block: Option<PublicAccessBlock>) {
        self.state().blocks.insert(bucket.to_owned(), block);
    }

    /// Gives a key its policy.
    pub fn set_key_policy(&self, key: &str, policy: Value) {
        self.state().key_policies.insert(key.to_owned(), policy);
    }

    /// Gives a key a grant.
    pub fn add_grant(&self, key: &str, grant: Grant) {
        let mut state = self.state();
        state.grants.entry(key.to_owned()).or_default().push(grant);
    }

    /// Adds a node group to a cluster.
    pub fn add_node_group(&self, cluster: &str, name: &str) {
        let mut state = self.state();
        let names = state.node_groups.entry(cluster.to_owned()).or_default();
        names.push(name.to_owned());
    }

    /// Makes a call (`iam:ListRolePolicies`) fail from now on: for one parent, or for all.
    pub fn fail(&self, op: &'static str, parent: Option<&str>, kind: PortErrorKind) {
        let failing = (op, parent.map(str::to_owned), kind);
        self.state().failing.push(failing);
    }

    /// How often each call was made.
    #[must_use]
    pub fn calls(&self) -> BTreeMap<&'static str, usize> {
        self.state().calls.clone()
    }

    /// How many calls there were in all.
    #[must_use]
    pub fn total(&self) -> usize {
        self.state().calls.values().sum()
    }

    /// How many parents one call asked for at most.
    #[must_use]
    pub fn largest(&self) -> usize {
        self.state().largest
    }

    /// How many calls were under way at a time at most.
    #[must_use]
    pub fn most_at_once(&self) -> usize {
        self.state().most
    }

    /// One call: it begins, lets others go first, and answers.
    async fn call<T>(
        &self,
        op: &'static str,
        parents: &[String],
        answer: impl FnOnce(&State) -> Result<T, PortError> + Send,
    ) -> Result<T, PortError> {
        {
            let mut state = self.state();
            *state.calls.entry(op).or_default() += 1;
            state.largest = state.largest.max(parents.len());
            state.running += 1;
            state.most = state.most.max(state.running);
        }
        let mut waited = false;
        poll_fn(|context| {
            if std::mem::replace(&mut waited, true) {
                return Poll::Ready(());
            }
            context.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
        let mut state = self.state();
        state.running -= 1;
        let planned = state.failing.iter().find(|(failing, parent, _)| {
            *failing == op && parent.as_ref().is_none_or(|it| parents.contains(it))
        });
        match planned {
            Some((_, _, kind)) => Err(PortError::new(*kind, op, "planned to fail")),
            None => answer(&state),
        }
    }
}

fn of<T: Clone + Default, K: Ord>(all: &BTreeMap<K, T>, key: &K) -> T {
    all.get(key).cloned().unwrap_or_default()
}

fn op_of(holder: &Holder, ops: [&'static str; 3]) -> (&'static str, String) {
    let (place, name) = match holder {
        Holder::Role(name) => (0, name),
        Holder::User(name) => (1, name),
        Holder::Group(name) => (2, name),
    };
    (ops[place], name.clone())
}

#[async_trait]
impl Attachments for MemoryAttachments {
    async fn security_group_rules(&self, groups: &[String]) -> Result<Vec<GroupRule>, PortError> {
        self.call("ec2:DescribeSecurityGroupRules", groups, |state| {
            let rules = state.rules.iter();
            Ok(rules
                .filter(|it| groups.contains(&it.group))
                .cloned()
                .collect())
        })
        .await
    }

    async fn routes(&self, tables: &[String]) -> Result<Vec<Route>, PortError> {
        self.call("ec2:DescribeRouteTables", tables, |state| {
            let routes = state.routes.iter();
            Ok(routes
                .filter(|it| tables.contains(&it.table))
                .cloned()
                .collect())
        })
        .await
    }

    async fn inline_policies(&self, holder: &Holder) -> Result<Vec<String>, PortError> {
        let ops = [
            "iam:ListRolePolicies",
            "iam:ListUserPolicies",
            "iam:ListGroupPolicies",
        ];
        let (op, name) = op_of(holder, ops);
        self.call(op, &[name], |state| Ok(of(&state.inline, holder)))
            .await
    }

    async fn attached_policies(&self, holder: &Holder) -> Result<Vec<String>, PortError> {
        let ops = [
            "iam:ListAttachedRolePolicies",
            "iam:ListAttachedUserPolicies",
            "iam:ListAttachedGroupPolicies",
        ];
        let (op, name) = op_of(holder, ops);
        self.call(op, &[name], |state| Ok(of(&state.attached, holder)))
            .await
    }

    async fn bucket_policy(&self, bucket: &str) -> Result<Option<Value>, PortError> {
        self.call("s3:GetBucketPolicy", &[bucket.to_owned()], |state| {
            Ok(state.policies.get(bucket).cloned())
        })
        .await
    }

    async fn public_access_block(
        &self,
        bucket: &str,
    ) -> Result<Option<PublicAccessBlock>, PortError> {
        self.call(
            "s3:GetBucketPublicAccessBlock",
            &[bucket.to_owned()],
            |state| {
                let on = PublicAccessBlock {
                    block_public_acls: true,
                    ignore_public_acls: true,
                    block_public_policy: true,
                    restrict_public_buckets: true,
                };
                Ok(state.blocks.get(bucket).copied().unwrap_or(Some(on)))
            },
        )
        .await
    }

    async fn key_policy(&self, key: &str) -> Result<Value, PortError> {
        self.call("kms:GetKeyPolicy", &[key.to_owned()], |state| {
            state.key_policies.get(key).cloned().ok_or_else(|| {
                let kind = PortErrorKind::NotFound;
                PortError::new(kind, "kms:GetKeyPolicy", "there is no such key")
            })
        })
        .await
    }

    async fn grants(&self, key: &str) -> Result<Vec<Grant>, PortError> {
        self.call("kms:ListGrants", &[key.to_owned()], |state| {
            Ok(state.grants.get(key).cloned().unwrap_or_default())
        })
        .await
    }

    async fn node_groups(&self, cluster: &str) -> Result<Vec<String>, PortError> {
        self.call("eks:ListNodegroups", &[cluster.to_owned()], |state| {
            Ok(state.node_groups.get(cluster).cloned().unwrap_or_default())
        })
        .await
    }
}
