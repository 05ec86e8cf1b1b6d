//! What is bent in the demo: one resource for each severity, by the seed.

use std::collections::BTreeSet;

use domain::severity::Severity;
use sandbox::{Actor, Edit, NewResource, World};
use serde_json::{Value, json};

/// The account that the demo pretends to look at; AWS's own documentation uses it.
pub(super) const ACCOUNT: &str = "111122223333";

/// The region of its stacks.
pub(super) const REGION: &str = "eu-west-1";

/// People who do not exist, and whether they like the console.
const PEOPLE: [(&str, bool); 4] = [
    ("iam::111122223333:user/operator", true),
    ("sts::111122223333:assumed-role/developer/laptop", false),
    ("sts::111122223333:assumed-role/administrator/console", true),
    ("iam::111122223333:user/deploy-script", false),
];

/// The severities of the acts, the worst first.
const SEVERITIES: [Severity; 4] = [
    Severity::Critical,
    Severity::High,
    Severity::Medium,
    Severity::Low,
];

/// What somebody may well have deleted by hand.
const DELETABLE: [&str; 3] = [
    "AWS::CloudWatch::Alarm",
    "AWS::Events::Rule",
    "AWS::SSM::Parameter",
];

/// One change behind CloudFormation's back.
#[derive(Clone, Debug)]
pub(super) struct Act {
    /// How bad the demo's configuration calls it.
    pub(super) severity: Severity,
    /// The stack's name.
    pub(super) stack: String,
    /// The resource's name in the template.
    pub(super) logical_id: String,
    /// What is done to it.
    pub(super) edit: Edit,
    /// Who does it.
    pub(super) actor: Actor,
}

/// What is bent: what drifted before anybody watched, and what is bent then.
pub(super) struct Plot {
    /// Before anybody watched.
    pub(super) old: Vec<Act>,
    /// One act of each severity, the worst first.
    pub(super) acts: Vec<Act>,
}

/// A plot for a world, with no resource in it twice.
pub(super) fn plot(seed: u64, world: &World, old: usize) -> Plot {
    let mut rng = fastrand::Rng::with_seed(seed);
    let mut taken = BTreeSet::new();
    // First the acts: of what some severities need there may be only one.
    let acts = SEVERITIES
        .into_iter()
        .filter_map(|severity| pick(world, &mut taken, (severity, false), &mut rng))
        .collect();
    let old = (0..old)
        .filter_map(|_| {
            let severity = [Severity::Medium, Severity::Low][rng.usize(..2)];
            pick(world, &mut taken, (severity, true), &mut rng)
        })
        .collect();
    Plot { old, acts }
}

/// An act of a severity on a resource that is not taken, and is then.
fn pick(
    world: &World,
    taken: &mut BTreeSet<(String, String)>,
    (severity, may_delete): (Severity, bool),
    rng: &mut fastrand::Rng,
) -> Option<Act> {
    let mut candidates = Vec::new();
    for stack in &world.stacks {
        for resource in &stack.resources {
            let place = (stack.name.clone(), resource.logical_id.clone());
            if taken.contains(&place) {
                continue;
            }
            let mut edits = edits(severity, resource, rng);
            let is_expendable = DELETABLE.contains(&resource.resource_type.as_str());
            if may_delete && severity == Severity::Medium && is_expendable {
                edits.push(Edit::Delete);
            }
            candidates.extend(edits.into_iter().map(|edit| (place.clone(), edit)));
        }
    }
    let ((stack, logical_id), edit) = rng.choice(candidates)?;
    taken.insert((stack.clone(), logical_id.clone()));
    Some(Act {
        severity,
        stack,
        logical_id,
        edit,
        actor: somebody(rng),
    })
}

/// Somebody who changes things by hand.
pub(super) fn somebody(rng: &mut fastrand::Rng) -> Actor {
    let (name, console) = PEOPLE[rng.usize(..PEOPLE.len())];
    let actor = Actor::new(&format!("arn:aws:{name}"));
    if console { actor.in_console() } else { actor }
}

/// The ways to bend a resource that come to a severity.
fn edits(severity: Severity, resource: &NewResource, rng: &mut fastrand::Rng) -> Vec<Edit> {
    let set = |path: &str, value: Value| Edit::Set {
        path: path.to_owned(),
        value,
    };
    let add = |path: &str, value: Value| Edit::Add {
        path: path.to_owned(),
        value,
    };
    let properties = &resource.properties;
    // Another number than the one that is there.
    let other = |path: &str, value: u64| {
        let value = match properties.pointer(path) {
            Some(old) if *old == json!(value) => value + 1,
            _ => value,
        };
        set(path, value.into())
    };
    match (severity, resource.resource_type.as_str()) {
        (Severity::Critical, "AWS::EC2::SecurityGroup") => {
            let port = [22, 3389, 5432][rng.usize(..3)];
            let rule = json!({"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "CidrIp": "0.0.0.0/0"});
            vec![add("/SecurityGroupIngress", rule)]
        }
        (Severity::Critical, "AWS::IAM::Role") => {
            let policy = "arn:aws:iam::aws:policy/AdministratorAccess";
            vec![add("/ManagedPolicyArns", policy.into())]
        }
        (Severity::High, "AWS::Lambda::Function") => {
            let token = format!("never-to-be-shown-{:08x}", rng.u32(..));
            vec![set("/Environment/Variables/API_TOKEN", token.into())]
        }
        (Severity::Medium, "AWS::SQS::Queue") => vec![other("/VisibilityTimeout", 120)],
        (Severity::Medium, "AWS::Lambda::Function") => vec![other("/MemorySize", 1024)],
        (Severity::Medium, "AWS::Logs::LogGroup") => vec![other("/RetentionInDays", 1)],
        (Severity::Medium, "AWS::CloudWatch::Alarm") => vec![other("/Threshold", 100_000)],
        (
            Severity::Low,
            "AWS::SQS::Queue"
            | "AWS::SNS::Topic"
            | "AWS::Logs::LogGroup"
            | "AWS::DynamoDB::Table"
            | "AWS::ECR::Repository",
        ) if properties.pointer("/Tags/0/Value").is_some() => {
            vec![set("/Tags/0/Value", "nobody".into())]
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_seed_bends_one_resource_of_each_severity_and_none_twice() {
        for seed in 0..200 {
            for stacks in [super::super::FEWEST_STACKS, 8, 12] {
                let world = World::generate(seed, usize::from(stacks));
                let plot = plot(seed, &world, 3);
                let severities: Vec<Severity> = plot.acts.iter().map(|it| it.severity).collect();
                assert_eq!(severities, SEVERITIES, "seed {seed}, {stacks} stacks");
                let acts = plot.acts.iter().chain(&plot.old);
                let mut places: Vec<(&str, &str)> = acts
                    .map(|it| (it.stack.as_str(), it.logical_id.as_str()))
                    .collect();
                places.sort_unstable();
                places.dedup();
                assert_eq!(places.len(), 7, "seed {seed}, {stacks} stacks");
            }
        }
    }

    #[test]
    fn another_seed_bends_something_else() {
        let told = |seed| {
            let plot = plot(seed, &World::generate(seed, 8), 3);
            format!("{:?} {:?}", plot.old, plot.acts)
        };
        assert_eq!(told(1), told(1));
        assert_ne!(told(1), told(2));
    }
}
