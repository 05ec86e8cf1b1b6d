//! The loop that lists, compares and asks.

use std::collections::{BTreeSet, VecDeque};

use domain::look::{Aside, Gap, Pending, Reason, Verdict};
use domain::ports::{Cluster, Kind, ObjectName, Page, PageOf, PortError, PortErrorKind};
use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use serde_json::Value;

use super::ask::{Asking, Event, List, Question, Read, put, read};
use super::plan::{Ground, Key, Of, Plan, RESTARTS, Wanted};
use super::{Request, Seen, report};
use crate::normal::{desired, metadata};
use crate::object::{Comparing, Context, Outcome, Step};
use crate::shape::{Extras, mismatches};
use crate::unmanaged;

/// How many objects may wait for their dry run before no further page is asked for.
const WAITING: usize = 64;

/// Up to how many namespaces are listed one by one; more are listed as one.
const APART: usize = 2;

/// Looks at everything that the plan names.
pub(crate) async fn run(
    cluster: &dyn Cluster,
    request: &Request<'_>,
    (plan, ground): (Plan<'_>, &Ground),
) -> Vec<Seen> {
    let mut state = State {
        request,
        plan: &plan,
        ground,
        reads: VecDeque::new(),
        questions: VecDeque::new(),
        open: plan.kinds.iter().map(open).collect(),
        out: Vec::new(),
    };
    for (name, gap) in &plan.unserved {
        state.single(name, Verdict::Unknown(gap.clone()));
    }
    for (at, of) in plan.kinds.iter().enumerate() {
        state.begin(at, of);
    }
    let mut flying: FuturesUnordered<BoxFuture<'_, Event>> = FuturesUnordered::new();
    let (mut reading, mut asking) = (0, 0);
    let (most_reads, most_questions) = (
        request.options.reads.max(1),
        request.options.dry_runs.max(1),
    );
    loop {
        while asking < most_questions {
            let Some((ask, question)) = state.questions.pop_front() else {
                break;
            };
            asking += 1;
            flying.push(Box::pin(put(cluster, ask, question)));
        }
        while reading < most_reads && state.questions.len() < WAITING {
            let Some(next) = state.reads.pop_front() else {
                break;
            };
            reading += 1;
            flying.push(Box::pin(read(cluster, next)));
        }
        match flying.next().await {
            None => break,
            Some(event) => {
                match event {
                    Event::Answer(..) => asking -= 1,
                    _ => reading -= 1,
                }
                state.handle(event);
            }
        }
    }
    state.close()
}

/// The objects of a kind that have to be seen: those that were deployed.
fn open(of: &Of<'_>) -> BTreeSet<Key> {
    of.wanted
        .iter()
        .filter(|(_, it)| it.deployed.is_some())
        .map(|(key, _)| key.clone())
        .collect()
}

struct State<'a> {
    request: &'a Request<'a>,
    plan: &'a Plan<'a>,
    ground: &'a Ground,
    reads: VecDeque<Read>,
    questions: VecDeque<(Asking, Question)>,
    /// By kind, the deployed objects of which nothing was seen yet.
    open: Vec<BTreeSet<Key>>,
    out: Vec<Seen>,
}

impl<'a> State<'a> {
    /// Asks for a kind's objects, in as few and as narrow questions as do.
    fn begin(&mut self, at: usize, of: &Of<'_>) {
        let open = &self.open[at];
        if open.is_empty() && !of.counts {
            return;
        }
        if let (1, false, Some(key)) = (open.len(), of.counts, open.first()) {
            return self.reads.push_back(Read::Get(at, name_of(&of.kind, key)));
        }
        let namespaces = self.namespaces(at, of);
        let is_apart = of.kind.namespaced && namespaces.len() <= APART;
        if is_apart {
            for namespace in namespaces {
                self.list(at, &of.kind, Some(namespace));
            }
        } else {
            self.list(at, &of.kind, None);
        }
    }

    fn namespaces(&self, at: usize, of: &Of<'_>) -> BTreeSet<String> {
        let counted = self.request.options.namespaces.iter();
        let counted = counted.filter(|_| of.counts).cloned();
        let wanted = self.open[at].iter().map(|(namespace, _)| namespace.clone());
        wanted.chain(counted).collect()
    }

    fn list(&mut self, of: usize, kind: &Kind, namespace: Option<String>) {
        self.reads.push_back(Read::List(List {
            of,
            page: PageOf {
                kind: kind.clone(),
                namespace,
                token: None,
            },
            restarts: 0,
        }));
    }

    fn handle(&mut self, event: Event) {
        match event {
            Event::Page(list, Ok(page)) => self.page(list, page),
            Event::Page(list, Err(error)) => self.unlisted(list, &error),
            Event::Got(of, name, Ok(object)) => {
                let key = key_of(&name);
                match object {
                    Some(object) => self.object(of, object),
                    None => self.gone(of, &key),
                }
            }
            Event::Got(of, name, Err(error)) => {
                if self.open[of].remove(&key_of(&name)) {
                    self.single(&name, Verdict::Unknown(error.gap()));
                }
            }
            Event::Answer(mut asking, is_apply, answer) => {
                let context = self.context(&asking.name.kind);
                let step = if is_apply {
                    asking.comparing.applied(&context, answer)
                } else {
                    asking.comparing.created(&context, answer)
                };
                self.step(asking.of, (asking.name, Some(asking.comparing)), step);
            }
        }
    }

    fn page(&mut self, mut list: List, page: Page) {
        let (of, namespace) = (list.of, list.page.namespace.clone());
        let next = page.next;
        for object in page.objects {
            self.object(of, object);
        }
        match next {
            Some(token) => {
                list.page.token = Some(token);
                self.reads.push_front(Read::List(list));
            }
            None => {
                for key in self.left(of, namespace.as_deref()) {
                    self.gone(of, &key);
                }
            }
        }
    }

    /// What of a list's objects was not seen.
    fn left(&self, of: usize, namespace: Option<&str>) -> Vec<Key> {
        let is_in = |key: &&Key| namespace.is_none_or(|it| key.0 == it);
        self.open[of].iter().filter(is_in).cloned().collect()
    }

    /// A list that did not come: begun again, asked for more narrowly, or not known.
    fn unlisted(&mut self, mut list: List, error: &PortError) {
        let plan = self.plan;
        let of = &plan.kinds[list.of];
        if error.kind == PortErrorKind::Conflict && list.restarts < RESTARTS {
            list.restarts += 1;
            list.page.token = None;
            return self.reads.push_front(Read::List(list));
        }
        let is_denied = error.kind == PortErrorKind::Denied;
        if is_denied && of.kind.namespaced && list.page.namespace.is_none() {
            for namespace in self.namespaces(list.of, of) {
                self.list(list.of, &of.kind, Some(namespace));
            }
            return;
        }
        for key in self.left(list.of, list.page.namespace.as_deref()) {
            let name = name_of(&of.kind, &key);
            if is_denied {
                self.reads.push_back(Read::Get(list.of, name));
            } else {
                self.open[list.of].remove(&key);
                self.single(&name, Verdict::Unknown(error.gap()));
            }
        }
        if of.counts {
            let counted = self.request.options.namespaces.iter();
            let asked = list.page.namespace.as_deref();
            for namespace in counted.filter(|it| asked.is_none_or(|asked| asked == *it)) {
                let seen = report::unlisted(self.request.cluster, &of.kind, namespace, error.gap());
                self.out.push(seen);
            }
        }
    }

    /// An object that is there.
    fn object(&mut self, at: usize, object: Value) {
        let plan = self.plan;
        let of = &plan.kinds[at];
        let text = |name: &str| metadata(&object, name).as_str().unwrap_or_default();
        let key = (text("namespace").to_owned(), text("name").to_owned());
        let name = name_of(&of.kind, &key);
        if self.open[at].remove(&key) {
            if let Some(gap) = self.ground.gap(&of.kind) {
                return self.single(&name, Verdict::Unknown(gap));
            }
            let wanted = of.wanted.get(&key).and_then(|it| it.deployed);
            let context = self.context(&of.kind);
            if let Some(manifest) = wanted {
                let (comparing, step) = Comparing::start(&context, &name, manifest, Some(object));
                self.step(at, (name, comparing), step);
            }
            return;
        }
        let is_counted = of.counts && self.request.options.namespaces.contains(&key.0);
        let id = (of.kind.group.clone(), of.kind.name.clone(), key);
        if !is_counted || plan.known.contains(&id) || self.is_seen(&name) {
            return;
        }
        let trust = &self.request.options.trust;
        if let Some(maker) = unmanaged::judge(&of.kind, &object, trust) {
            self.single(&name, Verdict::Added(maker));
        }
    }

    /// Whether another target's Git knows an object.
    fn is_seen(&self, name: &ObjectName) -> bool {
        let elsewhere = &self.request.options.elsewhere;
        !elsewhere.is_empty() && {
            let layer = report::layer(name);
            elsewhere.contains(&report::identity(self.request.cluster, name, layer))
        }
    }

    /// An object that was deployed and is not there.
    fn gone(&mut self, of: usize, key: &Key) {
        if self.open[of].remove(key) {
            let name = name_of(&self.plan.kinds[of].kind, key);
            let outcome = Outcome {
                verdict: Verdict::Deleted,
                aside: Aside::default(),
                refusal: None,
            };
            self.done(of, &name, outcome);
        }
    }

    fn step(
        &mut self,
        of: usize,
        (name, comparing): (ObjectName, Option<Box<Comparing>>),
        step: Step,
    ) {
        let question = match step {
            Step::Done(outcome) => return self.done(of, &name, *outcome),
            Step::Apply(manifest) => Question::Apply(manifest),
            Step::Create(name, manifest) => Question::Create(name, manifest),
        };
        if let Some(comparing) = comparing {
            let asking = Asking {
                of,
                name,
                comparing,
            };
            self.questions.push_back((asking, question));
        }
    }

    fn done(&mut self, of: usize, name: &ObjectName, outcome: Outcome) {
        let wanted = self.plan.kinds[of].wanted.get(&key_of(name));
        let pending = wanted.map(|it| self.pending(name, it)).unwrap_or_default();
        let entries = report::entries(self.request.cluster, name, outcome, pending);
        self.out.extend(entries);
    }

    /// Where Git is ahead of what was deployed.
    fn pending(&self, name: &ObjectName, wanted: &Wanted<'_>) -> Vec<Pending> {
        let Some(head) = self.request.head else {
            return Vec::new();
        };
        let at = |path| Pending {
            path,
            detail: head.detail.to_owned(),
        };
        let (Some(deployed), Some(head)) = (wanted.deployed, wanted.head) else {
            return vec![at(None)];
        };
        if deployed == head {
            return Vec::new();
        }
        let read = |it: &Value| desired(it, &name.kind, name.namespace.as_deref());
        let (deployed, head) = (read(deployed), read(head));
        let how = (name.kind.type_name(), Extras::Everywhere);
        let node = self.ground.node(&name.kind);
        let seen = mismatches(&head, &deployed, node, (how.0.as_str(), how.1));
        let paths = seen.places.iter().map(|it| at(Some(it.path.to_string())));
        paths.collect()
    }

    fn context(&self, kind: &Kind) -> Context<'a> {
        Context {
            node: self.ground.node(kind),
            trust: &self.request.options.trust,
            autoscalers: &self.ground.autoscalers,
        }
    }

    fn single(&mut self, name: &ObjectName, verdict: Verdict) {
        let seen = report::single(self.request.cluster, name, verdict);
        self.out.push(seen);
    }

    /// What is left: objects that Git has by now and nobody deployed yet, and whatever no read was about.
    fn close(mut self) -> Vec<Seen> {
        let plan = self.plan;
        for (at, of) in plan.kinds.iter().enumerate() {
            for (key, wanted) in &of.wanted {
                let name = name_of(&of.kind, key);
                if wanted.deployed.is_none() {
                    let outcome = Outcome {
                        verdict: Verdict::InSync,
                        aside: Aside::default(),
                        refusal: None,
                    };
                    self.done(at, &name, outcome);
                } else if self.open[at].contains(key) {
                    let gap = Gap::new(Reason::Invalid, "the server's lists left it out");
                    self.single(&name, Verdict::Unknown(gap));
                }
            }
        }
        self.out.sort_by(|one, other| {
            let key = |it: &Seen| it.observed.resource.clone();
            key(one)
                .cmp(&key(other))
                .then_with(|| one.observed.identity.cmp(&other.observed.identity))
        });
        self.out
    }
}

fn name_of(kind: &Kind, (namespace, name): &Key) -> ObjectName {
    ObjectName {
        kind: kind.clone(),
        namespace: kind.namespaced.then(|| namespace.clone()),
        name: name.clone(),
    }
}

fn key_of(name: &ObjectName) -> Key {
    (
        name.namespace.clone().unwrap_or_default(),
        name.name.clone(),
    )
}
