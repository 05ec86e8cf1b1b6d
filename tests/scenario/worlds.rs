//! Random worlds through their whole life: clean, bent, one stack refused, mended, bent again.

use std::{collections::BTreeMap, env, thread};

use plumbline_tests::{
    aws::Aws,
    emulator::Emulator,
    proxy::{Fault, Proxy, Rule},
    world::{Drift, Kind, World},
};
use serde_json::{Value, json};

use crate::support::{self, REGION, Workshop, address, assert_same};

/// Chosen once, by throwing dice; others by `PLUMBLINE_SEEDS="1,2,3"`.
const SEEDS: [u64; 5] = [11, 402, 7_713, 26_041, 918_273];

#[test]
fn a_random_world_is_told_exactly_through_its_whole_life() {
    let seeds = env::var("PLUMBLINE_SEEDS").ok();
    let seeds: Vec<u64> = match &seeds {
        Some(list) => list
            .split(',')
            .map(|seed| seed.trim().parse().expect("PLUMBLINE_SEEDS: 1,2,3"))
            .collect(),
        None => SEEDS.to_vec(),
    };
    let emulator = Emulator::start();
    // Two at a time: while one waits for its detections, the other keeps the emulator busy.
    for two in seeds.chunks(2) {
        thread::scope(|scope| {
            for seed in two.iter().copied() {
                let emulator = &emulator;
                let life = move || Life::new(emulator, seed).run();
                // A failure is reported under the thread's name.
                let named = thread::Builder::new().name(format!("seed {seed}"));
                named.spawn_scoped(scope, life).expect("a thread");
            }
        });
    }
}

#[test]
fn a_sensitive_value_is_in_no_output_and_in_no_byte_of_the_ledger() {
    let (expected, actual) = ("canary-of-the-template", "canary-of-the-account");
    let emulator = Emulator::start();
    let mut world = World::random(1, 1, REGION);
    let functions = world.stacks[0]
        .resources
        .iter_mut()
        .filter(|resource| resource.kind == Kind::Function);
    let functions: Vec<String> = functions
        .map(|function| {
            function.properties["Environment"]["Variables"]["STAGE"] = expected.into();
            function.name.clone()
        })
        .collect();
    world.create(&emulator.aws());
    for name in &functions {
        let variables =
            json!({"Environment": {"Variables": {"LOG_LEVEL": "info", "STAGE": actual}}});
        emulator.aws().update_function(name, &variables);
    }
    let shop = Workshop::new(&emulator.endpoint());
    shop.watch(&[REGION], &["*"]);

    let report = shop.scan(&[]);
    let hash_of = |scan: &support::Scan, side: &str| {
        let difference = &scan.list("findings")[0]["differences"][0];
        assert_eq!(
            (&difference["path"], &difference["sensitive"]),
            (&json!("/Environment/Variables/STAGE"), &json!(true))
        );
        support::text(&difference[side]["hmac"])
    };
    assert!(hash_of(&report, "actual").starts_with("v1:"));
    assert_ne!(hash_of(&report, "expected"), hash_of(&report, "actual"));
    assert_eq!(
        hash_of(&shop.scan(&[]), "actual"),
        hash_of(&report, "actual"),
        "the ledger's key stays"
    );

    let id = support::id(&report.list("findings")[0]);
    let mut said = report.ran.stdout + &report.ran.stderr;
    for arguments in [
        &["scan", "-o", "table"][..],
        &["scan", "-o", "wide"],
        &["scan", "-o", "yaml"],
        &["scan", "-o", "sarif"],
        &["scan", "-o", "markdown"],
        &["findings", "list", "-o", "wide"],
        &["findings", "show", &id],
        &["findings", "show", &id, "-o", "json"],
        &["explain", &id],
        &["policy", "explain", &id],
        &["report", "--html", "-"],
        &[
            "findings",
            "accept",
            "--all",
            "--reason",
            "known",
            "--until",
            "2999-12-31",
        ],
    ] {
        let ran = shop.run(arguments);
        assert!(
            ran.code < 2 && !ran.stdout.is_empty(),
            "{arguments:?}: {ran:?}"
        );
        said += &(ran.stdout + &ran.stderr);
    }
    said += &String::from_utf8_lossy(&shop.written());
    assert!(
        said.contains("STAGE") && said.contains(&functions[0]),
        "what is not sensitive is told"
    );
    for value in [expected, actual] {
        assert!(!said.contains(value), "{value} in {said}");
    }
}

struct Life {
    world: World,
    aws: Aws,
    rng: fastrand::Rng,
    proxy: Proxy,
    shop: Workshop,
}

impl Life {
    fn new(emulator: &Emulator, seed: u64) -> Self {
        let mut world = World::random(seed, 10, REGION);
        plant_canaries(&mut world);
        let proxy = Proxy::start(&emulator.endpoint());
        let shop = Workshop::new(&proxy.endpoint());
        let names: Vec<&str> = world
            .stacks
            .iter()
            .map(|stack| stack.name.as_str())
            .collect();
        shop.watch(&[REGION], &names);
        Self {
            world,
            aws: emulator.aws(),
            rng: fastrand::Rng::with_seed(seed),
            proxy,
            shop,
        }
    }

    fn run(&mut self) {
        self.world.create(&self.aws);
        self.clean();

        let before = self.rng.clone();
        let drift = self.world.bend(&self.aws, &mut self.rng);
        let opened = self.bent(&drift, "open", 1);
        let refused = self.refused_while_mended(&drift);
        self.all_closed(drift.len());

        // The same dice bend the same resources in the same way.
        self.rng = before;
        let again = self.world.bend(&self.aws, &mut self.rng);
        assert_eq!(again, drift, "the harness bends the same twice");
        let reopened = self.bent(&drift, "reopened", 2);
        for (at, finding) in &reopened {
            for field in ["id", "firstSeen"] {
                assert_eq!(
                    finding[field], opened[at][field],
                    "{field} of {at:?}, refused was {refused}"
                );
            }
        }
        self.world.mend(&self.aws);
        self.clean();
        self.secrets_stay_secret(&drift);
    }

    /// Everything is as its template says.
    fn clean(&self) {
        let scan = self.shop.scan(&[]);
        assert_eq!(scan.code, 0, "{}", scan.report);
        scan.assert_drift(&[]);
        scan.assert_unknown(&[]);
        assert_eq!(scan.count("inSync"), self.world.resources() as u64);
        assert_eq!(scan.count("resources"), self.world.resources() as u64);
        assert_eq!(scan.count("units"), 10);
    }

    /// Exactly the drift is told; the findings by their place.
    fn bent(
        &self,
        drift: &[Drift],
        status: &str,
        occurrences: u64,
    ) -> BTreeMap<(String, String), Value> {
        let scan = self.shop.scan(&[]);
        assert_eq!(scan.code, 1, "{}", scan.report);
        scan.assert_drift(drift);
        scan.assert_unknown(&[]);
        assert_eq!(
            scan.count("inSync"),
            (self.world.resources() - drift.len()) as u64
        );
        assert_eq!(scan.count("resources"), self.world.resources() as u64);
        for finding in scan.list("findings") {
            assert_eq!(
                (&finding["status"], &finding["occurrences"]),
                (&json!(status), &json!(occurrences)),
                "{finding}"
            );
        }
        self.assert_concealed(drift, &[&scan.ran.stdout, &scan.ran.stderr]);
        scan.list("findings")
            .iter()
            .map(|finding| (address(finding), finding.clone()))
            .collect()
    }

    /// Everything is put straight, and one of the bent stacks cannot be looked at: its findings stay as they were.
    fn refused_while_mended(&mut self, drift: &[Drift]) -> String {
        let stack = drift[self.rng.usize(..drift.len())].stack.clone();
        self.world.mend(&self.aws);
        let arn = format!(":stack/{stack}/");
        self.proxy.set([Rule::new(Fault::AccessDenied)
            .action("DetectStackDrift")
            .containing(&arn)]);
        let known = self.shop.findings(false);
        let scan = self.shop.scan(&[]);
        self.proxy.clear();
        assert_eq!(scan.code, 2, "{}", scan.report);
        scan.assert_drift(&[]);
        scan.assert_unknown(&[(&stack, &stack, "denied")]);

        let its = |list: &[Value]| -> Vec<Value> {
            list.iter()
                .filter(|finding| address(finding).0 == stack)
                .cloned()
                .collect()
        };
        let open = self.shop.findings(false);
        assert_eq!(
            open,
            its(&known),
            "the open findings are those of the refused stack, untouched"
        );
        let expected: Vec<Drift> = drift
            .iter()
            .filter(|drift| drift.stack == stack)
            .cloned()
            .collect();
        assert_same(&open, &expected);
        for finding in self
            .shop
            .findings(true)
            .iter()
            .filter(|finding| address(finding).0 != stack)
        {
            assert_eq!(finding["status"], "resolved", "{finding}");
        }
        stack
    }

    /// A look at everything closes everything.
    fn all_closed(&self, findings: usize) {
        self.clean();
        assert_eq!(self.shop.findings(false), Vec::<Value>::new());
        let all = self.shop.findings(true);
        assert_eq!(all.len(), findings);
        for finding in all {
            assert_eq!(finding["status"], "resolved", "{finding}");
        }
    }

    /// No form of output and no byte of the ledger holds the value of a sensitive property.
    fn secrets_stay_secret(&self, drift: &[Drift]) {
        let list = self.shop.run(&["findings", "list", "--all", "-o", "wide"]);
        let written = self.shop.written();
        self.assert_concealed(drift, &[&list.stdout, &String::from_utf8_lossy(&written)]);
    }

    fn assert_concealed(&self, drift: &[Drift], texts: &[&str]) {
        let values = drift
            .iter()
            .flat_map(|drift| &drift.differences)
            .filter(|it| support::is_sensitive(&it.path));
        for value in values
            .flat_map(|it| [&it.expected, &it.actual])
            .flatten()
            .filter_map(Value::as_str)
        {
            // A plain word of the world's is also in the stacks' names.
            for text in texts.iter().filter(|_| value.starts_with(CANARY)) {
                assert!(!text.contains(value), "{value} in {text}");
            }
        }
    }
}

/// How the values of a function's environment begin: like nothing else in a world.
const CANARY: &str = "canary";

/// Makes the values that must be concealed recognisable.
fn plant_canaries(world: &mut World) {
    let resources = world
        .stacks
        .iter_mut()
        .flat_map(|stack| &mut stack.resources);
    for (index, resource) in resources
        .filter(|resource| resource.kind == Kind::Function)
        .enumerate()
    {
        let variables = resource.properties["Environment"]["Variables"]
            .as_object_mut()
            .expect("variables");
        for (name, value) in variables {
            *value = format!("{CANARY}-{index}-{}", name.to_lowercase()).into();
        }
    }
}
