//! The ports to what hangs on resources and to CloudTrail's record.

use std::sync::Arc;

use async_trait::async_trait;
use domain::ports::{
    Attachments, Evidence, Grant, GroupRule, Holder, PortError, PortErrorKind, PublicAccessBlock,
    Role, Route, Trail, TrailCall,
};
use jiff::Timestamp;
use serde_json::Value;

use crate::account::{REGION, World};
use crate::chance::Fault;
use crate::hanging::Item;
use crate::process::{Kind, Process};
use crate::sim::{MINUTE, State, plus};

struct Around {
    process: Arc<Process>,
    region: String,
}

#[async_trait]
impl Evidence for World {
    async fn attachments(
        &self,
        region: Option<&str>,
        _: Option<&Role>,
    ) -> Result<Arc<dyn Attachments>, PortError> {
        Ok(Arc::new(Around::of(&self.0, region)))
    }

    async fn trail(
        &self,
        region: Option<&str>,
        _: Option<&Role>,
    ) -> Result<Arc<dyn Trail>, PortError> {
        Ok(Arc::new(Around::of(&self.0, region)))
    }
}

impl Around {
    fn of(process: &Arc<Process>, region: Option<&str>) -> Self {
        Self {
            process: Arc::clone(process),
            region: region.unwrap_or(REGION).to_owned(),
        }
    }

    async fn ask<T>(
        &self,
        op: &'static str,
        look: impl FnOnce(&mut State) -> T + Send,
    ) -> Result<T, PortError> {
        let asked = self.process.call((op, Kind::Limited), |sim| {
            let mut state = sim.state();
            if state.is_denied(op) {
                return Err(PortError::new(PortErrorKind::Denied, op, "not authorized"));
            }
            Ok(look(&mut state))
        });
        let answer = asked.await;
        if answer.is_err() {
            self.process.missed();
        }
        answer
    }

    /// What nothing of this account has.
    fn none<T>(op: &'static str) -> Result<T, PortError> {
        Err(PortError::new(PortErrorKind::NotFound, op, "no such thing"))
    }

    async fn policies(
        &self,
        (op, holder): (&'static str, &Holder),
        name: fn(&Item) -> Option<String>,
    ) -> Result<Vec<String>, PortError> {
        let Holder::Role(role) = holder else {
            return Self::none(op);
        };
        self.ask(op, |state| {
            state.read_live(role);
            let there = state.cloud.by_hand.iter().filter(|it| it.on == *role);
            there.filter_map(|it| name(&it.item)).collect()
        })
        .await
    }
}

#[async_trait]
impl Attachments for Around {
    async fn security_group_rules(&self, groups: &[String]) -> Result<Vec<GroupRule>, PortError> {
        self.ask("ec2:DescribeSecurityGroupRules", |state| {
            groups.iter().for_each(|it| state.read_live(it));
            groups
                .iter()
                .flat_map(|it| state.cloud.rules(it))
                .map(|(id, group, rule)| GroupRule {
                    id,
                    group,
                    protocol: "tcp".to_owned(),
                    from_port: Some(rule.port.into()),
                    to_port: Some(rule.port.into()),
                    cidr_ipv4: Some(rule.cidr),
                    ..GroupRule::default()
                })
                .collect()
        })
        .await
    }

    async fn routes(&self, _: &[String]) -> Result<Vec<Route>, PortError> {
        Self::none("ec2:DescribeRouteTables")
    }

    async fn inline_policies(&self, holder: &Holder) -> Result<Vec<String>, PortError> {
        self.policies(("iam:ListRolePolicies", holder), |it| match it {
            Item::Policy(name) => Some(name.clone()),
            _ => None,
        })
        .await
    }

    async fn attached_policies(&self, holder: &Holder) -> Result<Vec<String>, PortError> {
        self.policies(("iam:ListAttachedRolePolicies", holder), |it| match it {
            Item::Attached(arn) => Some(arn.clone()),
            _ => None,
        })
        .await
    }

    async fn bucket_policy(&self, _: &str) -> Result<Option<Value>, PortError> {
        Self::none("s3:GetBucketPolicy")
    }

    async fn public_access_block(&self, _: &str) -> Result<Option<PublicAccessBlock>, PortError> {
        Self::none("s3:GetBucketPublicAccessBlock")
    }

    async fn key_policy(&self, _: &str) -> Result<Value, PortError> {
        Self::none("kms:GetKeyPolicy")
    }

    async fn grants(&self, _: &str) -> Result<Vec<Grant>, PortError> {
        Self::none("kms:ListGrants")
    }

    async fn node_groups(&self, _: &str) -> Result<Vec<String>, PortError> {
        Self::none("eks:ListNodegroups")
    }
}

#[async_trait]
impl Trail for Around {
    async fn calls(
        &self,
        resource: &str,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<TrailCall>, PortError> {
        let op = "cloudtrail:LookupEvents";
        let answer = self
            .ask(op, |state| {
                let now = state.now;
                let there = state.trail.iter().rev().filter(|it| it.there_at <= now);
                let calls = there.map(|it| &it.call).filter(|it| {
                    (from..=to).contains(&it.at)
                        && it.region == self.region
                        && it.resources.iter().any(|name| name == resource)
                });
                let calls: Vec<TrailCall> = calls.cloned().collect();
                state.tally.count("lookups");
                calls
            })
            .await;
        let now = self.process.sim.state().now;
        match &answer {
            Ok(_) => self.process.looked_up(now),
            Err(error) if error.kind == PortErrorKind::Denied => {
                let mut state = self.process.sim.state();
                let times = state.unlooked.entry(resource.to_owned()).or_default();
                times.push(now);
            }
            Err(_) => {}
        }
        answer
    }
}

impl State {
    /// Whether a right is missing for now.
    fn is_denied(&mut self, op: &'static str) -> bool {
        let now = self.now;
        let is_denied = self.denied_until.get(op).is_some_and(|until| *until > now);
        if is_denied && !self.quiet {
            return true;
        }
        if self.fault(Fault::Denied) {
            let until = plus(now, self.delays.between(5 * MINUTE, 90 * MINUTE));
            self.denied_until.insert(op, until);
            return true;
        }
        false
    }
}
