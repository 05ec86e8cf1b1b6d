//! Random accounts of stacks, bent at random, with the drift that a scan of them must find.
//!
//! Everything follows from the seed. What was bent is known from the bending itself and never computed by comparing
//! two states, so the world cannot make the same mistake as the product.

mod edits;
mod kinds;

use serde_json::{Map, Value, json};

pub use kinds::Kind;

use crate::aws::Aws;

/// Stacks over many resource types, and what of them has been bent.
#[derive(Debug, Clone)]
pub struct World {
    /// The region that every stack lies in.
    pub region: String,
    /// The stacks, in no particular order.
    pub stacks: Vec<Stack>,
    bent: Vec<Bent>,
}

/// One stack of a [`World`].
#[derive(Debug, Clone, PartialEq)]
pub struct Stack {
    /// The stack's name.
    pub name: String,
    /// Its resources; no two share a logical id.
    pub resources: Vec<Resource>,
}

/// One resource of a [`Stack`].
#[derive(Debug, Clone, PartialEq)]
pub struct Resource {
    /// What it is.
    pub kind: Kind,
    /// Its name in the template.
    pub logical_id: String,
    /// Its name in the service.
    pub name: String,
    /// Its properties in the template.
    pub properties: Map<String, Value>,
}

/// The drift of one resource.
#[derive(Debug, Clone, PartialEq)]
pub struct Drift {
    /// The stack's name.
    pub stack: String,
    /// The resource's name in the template.
    pub logical_id: String,
    /// The resource's type, such as `AWS::SQS::Queue`.
    pub resource_type: &'static str,
    /// Whether it was changed or is gone.
    pub change: Change,
    /// What differs, sorted by path; empty for a deleted resource.
    pub differences: Vec<Difference>,
}

/// What became of a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It is there and differs.
    Modified,
    /// It is gone.
    Deleted,
}

/// One property that differs.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// A JSON pointer into the properties, such as `/Tags/1/Value`.
    pub path: String,
    /// How it differs.
    pub kind: DifferenceKind,
    /// The template's value; `None` when it was added.
    pub expected: Option<Value>,
    /// The live value; `None` when it was removed.
    pub actual: Option<Value>,
}

/// How a property differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DifferenceKind {
    /// Both sides have a value.
    Changed,
    /// Only the live side has one.
    Added,
    /// Only the template has one.
    Removed,
}

#[derive(Debug, Clone)]
struct Bent {
    stack: usize,
    resource: usize,
    drift: Drift,
    live: Map<String, Value>,
}

impl World {
    /// A world of `stacks` stacks; the same seed gives the same world.
    ///
    /// Every [`Kind`] occurs at least once, in however few stacks; names contain the seed, so that worlds of different
    /// seeds can share an emulator.
    ///
    /// # Panics
    /// When `stacks` is zero.
    #[must_use]
    pub fn random(seed: u64, stacks: usize, region: &str) -> Self {
        assert!(stacks > 0, "a world has at least one stack");
        let mut rng = fastrand::Rng::with_seed(seed);
        let mut kinds: Vec<Kind> = Kind::ALL.to_vec();
        kinds.extend((0..stacks * 3).map(|_| random_kind(&mut rng)));
        rng.shuffle(&mut kinds);
        let mut world: Vec<_> = (0..stacks)
            .map(|index| Stack {
                name: format!("{}-{seed:x}-{index}", word(&mut rng)),
                resources: Vec::new(),
            })
            .collect();
        // Dealt like cards: every stack gets some, whatever their number.
        for (index, kind) in kinds.into_iter().enumerate() {
            let stack = &mut world[index % stacks];
            let resource = Resource::random(kind, (&stack.name, stack.resources.len()), &mut rng);
            stack.resources.push(resource);
        }
        Self {
            region: region.to_owned(),
            stacks: world,
            bent: Vec::new(),
        }
    }

    /// How many resources all stacks have together.
    #[must_use]
    pub fn resources(&self) -> usize {
        self.stacks.iter().map(|stack| stack.resources.len()).sum()
    }

    /// Creates every stack and waits until all are complete.
    ///
    /// # Panics
    /// When the service refuses one.
    pub fn create(&self, aws: &Aws) {
        let aws = aws.region(&self.region);
        for stack in &self.stacks {
            aws.create_stack(&stack.name, &stack.template());
        }
    }

    /// Bends a random choice of resources, from one to a third of them all, and returns exactly their drift.
    ///
    /// A resource that is bent already is left as it is; see [`drift`](Self::drift) for the sum of several bends.
    ///
    /// # Panics
    /// When the service refuses a change.
    pub fn bend(&mut self, aws: &Aws, rng: &mut fastrand::Rng) -> Vec<Drift> {
        let count = rng.usize(1..=(self.resources() / 3).max(1));
        self.bend_some(aws, rng, count)
    }

    /// [`bend`](Self::bend) with a chosen number of resources; fewer when fewer are straight.
    ///
    /// # Panics
    /// When the service refuses a change.
    pub fn bend_some(&mut self, aws: &Aws, rng: &mut fastrand::Rng, count: usize) -> Vec<Drift> {
        let aws = aws.region(&self.region);
        let mut straight: Vec<_> = self.positions().filter(|at| !self.is_bent(*at)).collect();
        rng.shuffle(&mut straight);
        let before = self.bent.len();
        for (stack, resource) in straight.into_iter().take(count) {
            let bent = self.stacks[stack].resources[resource].bend(&aws, rng);
            let drift = Drift {
                stack: self.stacks[stack].name.clone(),
                ..bent.0
            };
            self.bent.push(Bent {
                stack,
                resource,
                drift,
                live: bent.1,
            });
        }
        sorted(self.bent[before..].iter().map(|bent| bent.drift.clone()))
    }

    /// The whole drift at this moment, sorted by stack and logical id.
    #[must_use]
    pub fn drift(&self) -> Vec<Drift> {
        sorted(self.bent.iter().map(|bent| bent.drift.clone()))
    }

    /// Puts everything straight again.
    ///
    /// # Panics
    /// When the service refuses a change.
    pub fn mend(&mut self, aws: &Aws) {
        let aws = aws.region(&self.region);
        for bent in std::mem::take(&mut self.bent) {
            let resource = &self.stacks[bent.stack].resources[bent.resource];
            let live = match bent.drift.change {
                Change::Modified => bent.live,
                Change::Deleted => {
                    resource.kind.create(&aws, resource);
                    Map::new()
                }
            };
            resource.apply(&aws, (&live, &resource.properties));
        }
    }

    fn positions(&self) -> impl Iterator<Item = (usize, usize)> {
        let resources =
            |(index, stack): (usize, &Stack)| (0..stack.resources.len()).map(move |at| (index, at));
        self.stacks.iter().enumerate().flat_map(resources)
    }

    fn is_bent(&self, at: (usize, usize)) -> bool {
        self.bent
            .iter()
            .any(|bent| (bent.stack, bent.resource) == at)
    }
}

impl Stack {
    /// The stack's template.
    #[must_use]
    pub fn template(&self) -> Value {
        let resources: Map<_, _> = self
            .resources
            .iter()
            .map(|resource| {
                let body =
                    json!({"Type": resource.kind.type_name(), "Properties": resource.properties});
                (resource.logical_id.clone(), body)
            })
            .collect();
        json!({"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources})
    }
}

impl Resource {
    fn random(kind: Kind, (stack, index): (&str, usize), rng: &mut fastrand::Rng) -> Self {
        let short = kind.type_name().rsplit("::").next().unwrap_or_default();
        let logical_id = format!("{}{short}{index}", capitalised(word(rng)));
        let name = format!("{stack}-{}-{index}", word(rng));
        let name = if kind == Kind::Parameter {
            format!("/{name}")
        } else {
            name
        };
        let properties = kind.properties(&name, rng);
        Self {
            kind,
            logical_id,
            name,
            properties,
        }
    }

    /// Bends the live resource; the drift (without the stack's name) and the live properties afterwards.
    fn bend(&self, aws: &Aws, rng: &mut fastrand::Rng) -> (Drift, Map<String, Value>) {
        let edits = self.kind.edits();
        let delete = self.kind.can_be_recreated() && (edits.is_empty() || rng.u8(0..4) == 0);
        let (mut live, mut differences) = (self.properties.clone(), Vec::new());
        if delete {
            self.kind.delete(aws, &self.name);
        } else {
            let mut edits = edits.to_vec();
            rng.shuffle(&mut edits);
            for edit in edits.iter().take(rng.usize(1..=edits.len().min(3))) {
                differences.extend(edit.perform(&mut live, rng));
            }
            differences.sort_by(|a: &Difference, b| a.path.cmp(&b.path));
            self.apply(aws, (&self.properties, &live));
        }
        let drift = Drift {
            stack: String::new(),
            logical_id: self.logical_id.clone(),
            resource_type: self.kind.type_name(),
            change: if delete {
                Change::Deleted
            } else {
                Change::Modified
            },
            differences,
        };
        (drift, live)
    }

    /// Brings the live resource from one set of properties to another.
    fn apply(&self, aws: &Aws, (from, to): (&Map<String, Value>, &Map<String, Value>)) {
        self.kind.write(aws, &self.name, (from, to));
        let (old, new) = (kinds::tags(from), kinds::tags(to));
        let gone: Vec<_> = old
            .iter()
            .filter(|(key, _)| new.iter().all(|(kept, _)| kept != key))
            .map(|(key, _)| key.clone())
            .collect();
        if !gone.is_empty() {
            self.kind.untag(aws, &self.name, &gone);
        }
        let set: Vec<_> = new.into_iter().filter(|tag| !old.contains(tag)).collect();
        if !set.is_empty() {
            self.kind.tag(aws, &self.name, &set);
        }
    }
}

fn sorted(drift: impl Iterator<Item = Drift>) -> Vec<Drift> {
    let mut drift: Vec<_> = drift.collect();
    drift.sort_by(|a, b| (&a.stack, &a.logical_id).cmp(&(&b.stack, &b.logical_id)));
    drift
}

fn random_kind(rng: &mut fastrand::Rng) -> Kind {
    Kind::ALL[rng.usize(..Kind::ALL.len())]
}

/// A plain word: values made of them have too little entropy to be taken for secrets.
fn word(rng: &mut fastrand::Rng) -> &'static str {
    const WORDS: [&str; 24] = [
        "amber", "basin", "cedar", "delta", "ember", "fjord", "grove", "harbor", "island",
        "juniper", "kelp", "lagoon", "meadow", "north", "orchard", "pebble", "quarry", "river",
        "summit", "timber", "upland", "valley", "willow", "zephyr",
    ];
    WORDS[rng.usize(..WORDS.len())]
}

fn capitalised(word: &str) -> String {
    let (first, rest) = word.split_at(1);
    format!("{}{rest}", first.to_ascii_uppercase())
}
