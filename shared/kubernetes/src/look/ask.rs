//! What is asked of the server, and what it answers.

use domain::ports::{Cluster, ObjectName, Page, PageOf, PortError, Refused};
use serde_json::Value;

use crate::object::Comparing;

pub(super) struct List {
    pub(super) of: usize,
    pub(super) page: PageOf,
    pub(super) restarts: u8,
}

pub(super) enum Read {
    List(List),
    Get(usize, ObjectName),
}

pub(super) enum Question {
    Apply(Value),
    Create(ObjectName, Value),
}

pub(super) struct Asking {
    pub(super) of: usize,
    pub(super) name: ObjectName,
    pub(super) comparing: Box<Comparing>,
}

pub(super) enum Event {
    Page(List, Result<Page, PortError>),
    Got(usize, ObjectName, Result<Option<Value>, PortError>),
    Answer(Asking, bool, Result<Value, Refused>),
}

pub(super) async fn read(cluster: &dyn Cluster, read: Read) -> Event {
    match read {
        Read::List(list) => {
            let page = cluster.list(&list.page).await;
            Event::Page(list, page)
        }
        Read::Get(of, name) => {
            let object = cluster.get(&name).await;
            Event::Got(of, name, object)
        }
    }
}

pub(super) async fn put(cluster: &dyn Cluster, asking: Asking, question: Question) -> Event {
    match question {
        Question::Apply(manifest) => {
            let answer = cluster.apply(&asking.name, &manifest).await;
            Event::Answer(asking, true, answer)
        }
        Question::Create(name, manifest) => {
            let answer = cluster.create(&name, &manifest).await;
            Event::Answer(asking, false, answer)
        }
    }
}
