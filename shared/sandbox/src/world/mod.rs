//! Whole accounts that follow from a seed, and what bends in them.

mod bending;
mod hanging;
mod kinds;

use crate::account::{MakeError, NewStack};
use crate::bend::{Actor, Bent};
use crate::lock;
use crate::sandbox::Sandbox;
use crate::state::Live;

use kinds::Kind;

/// Stacks to be made.
#[derive(Clone, Debug, PartialEq)]
pub struct World {
    /// The stacks, each in the sandbox's default place unless it says otherwise.
    pub stacks: Vec<NewStack>,
}

const WORDS: [&str; 16] = [
    "orders", "billing", "catalog", "search", "payments", "identity", "shipping", "audit", "mail",
    "reports", "gateway", "ledger", "media", "pricing", "returns", "stock",
];

const PEOPLE: [(&str, bool); 4] = [
    ("user/operator", true),
    ("assumed-role/developer/laptop", false),
    ("assumed-role/administrator/console", true),
    ("user/deploy-script", false),
];

impl World {
    /// A world of `stacks` stacks with three to eight resources each; the same
    /// seed gives the same one. From six stacks on every kind of resource occurs.
    #[must_use]
    pub fn generate(seed: u64, stacks: usize) -> Self {
        let mut rng = fastrand::Rng::with_seed(seed);
        let mut deal = Vec::new();
        let stacks = (0..stacks).map(|index| {
            let name = format!("{}-{index:04}", word(&mut rng));
            let resources = (0..rng.usize(3..=8)).map(|_| {
                if deal.is_empty() {
                    deal = kinds::ALL.iter().collect();
                    rng.shuffle(&mut deal);
                }
                deal.pop().unwrap_or(&kinds::ALL[0])
            });
            let resources: Vec<&Kind> = resources.collect();
            let resources = resources.iter().enumerate();
            let resources = resources.map(|(place, kind)| kind.make(&name, place, &mut rng));
            NewStack::new(&name, resources.collect())
        });
        Self {
            stacks: stacks.collect(),
        }
    }

    /// The same stacks, dealt in turn over these accounts and regions.
    #[must_use]
    pub fn over(mut self, places: &[(&str, &str)]) -> Self {
        let places = places.iter().cycle();
        for (stack, (account, region)) in self.stacks.iter_mut().zip(places) {
            stack.place = Some(((*account).to_owned(), (*region).to_owned()));
        }
        self
    }
}

impl Sandbox {
    /// Makes every stack of a world; returns their ARNs in its order.
    ///
    /// # Errors
    /// Where a name is taken.
    pub fn create_world(&self, world: &World) -> Result<Vec<String>, MakeError> {
        let stacks = world.stacks.iter().cloned();
        stacks.map(|stack| self.create_stack(stack)).collect()
    }

    /// Bends up to `count` resources that are straight, no two the same, and
    /// tells exactly what was done. The same seed on the same state does the same.
    pub fn bend_some(&self, seed: u64, count: usize) -> Vec<Bent> {
        let mut rng = fastrand::Rng::with_seed(seed);
        let mut straight = self.straight();
        rng.shuffle(&mut straight);
        let bent = straight
            .into_iter()
            .filter_map(|(stack, logical_id, kind)| {
                let properties = self.properties(&stack, &logical_id)?;
                let edit = kind.bend(&properties, &mut rng)?;
                let actor = somebody(&stack, &mut rng);
                self.bend(&stack, &logical_id, edit, actor).ok()
            });
        bent.take(count).collect()
    }

    /// Every straight resource that can be bent: stack, logical id, kind.
    fn straight(&self) -> Vec<(String, String, &'static Kind)> {
        let state = lock(&self.shared.state);
        let stacks = state
            .places
            .values()
            .flat_map(|place| place.stacks.values());
        let mut found = Vec::new();
        for stack in stacks.filter(|stack| stack.deleted.is_none()) {
            for row in stack
                .resources
                .iter()
                .filter(|row| row.live == Live::Straight)
            {
                if let Some(kind) = kinds::bendable(&row.resource_type) {
                    found.push((stack.id.to_string(), row.logical_id.clone(), kind));
                }
            }
        }
        found
    }

    fn properties(&self, stack: &str, logical_id: &str) -> Option<serde_json::Value> {
        let state = lock(&self.shared.state);
        let (place, number) = state.locate(stack)?;
        let stack = state.places.get(&place)?.stacks.get(&number)?;
        let mut rows = stack.resources.iter();
        let row = rows.find(|row| row.logical_id == logical_id)?;
        Some(row.expected.value())
    }
}

/// Somebody in the account of a stack.
fn somebody(stack: &str, rng: &mut fastrand::Rng) -> Actor {
    let (name, console) = PEOPLE[rng.usize(..PEOPLE.len())];
    let account = stack.split(':').nth(4).unwrap_or_default();
    let service = if name.starts_with("user/") {
        "iam"
    } else {
        "sts"
    };
    Actor {
        principal: format!("arn:aws:{service}::{account}:{name}"),
        console,
        at: None,
    }
}

fn word(rng: &mut fastrand::Rng) -> &'static str {
    WORDS[rng.usize(..WORDS.len())]
}
