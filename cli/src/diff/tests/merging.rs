//! Differences put back: what stands at their paths afterwards is what Git says.

use domain::difference::{DifferenceKind, RawDifference};
use kubernetes::Path;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::diff::place::{at, locate, merged, shown};

fn difference(path: &str, expected: Option<Value>, actual: Option<Value>) -> RawDifference {
    RawDifference {
        path: path.to_owned(),
        kind: match (&expected, &actual) {
            (Some(_), Some(_)) => DifferenceKind::Changed,
            (Some(_), None) => DifferenceKind::Removed,
            _ => DifferenceKind::Added,
        },
        expected,
        actual,
        entry: None,
        potential: false,
        attribution: None,
        cause: None,
    }
}

fn put_back(live: &Value, git: &Value, differences: &[RawDifference]) -> Value {
    merged(live, git, &differences.iter().collect::<Vec<_>>())
}

fn find<'a>(object: &'a Value, path: &str) -> Option<&'a Value> {
    let place = locate(object, &Path::parse(path).unwrap())?;
    at(object, &place)
}

#[test]
fn every_kind_of_difference_is_put_back_at_its_place() {
    let git = json!({"spec": {"replicas": 2, "ports": [{"port": 80}, {"port": 81}, {"port": 82}], "tls": {"on": true}}});
    let live = json!({"spec": {
        "replicas": 5,
        "paused": true,
        "ports": [{"port": 80, "protocol": "TCP"}, {"port": 82, "protocol": "TCP"}, {"port": 99, "protocol": "UDP"}],
    }});
    let after = put_back(
        &live,
        &git,
        &[
            difference("/spec/replicas", Some(json!(2)), Some(json!(5))),
            difference("/spec/paused", None, Some(json!(true))),
            difference(
                "/spec/ports[port=81,protocol=TCP]",
                Some(json!({"port": 81})),
                None,
            ),
            difference("/spec/ports[port=99,protocol=UDP]", None, Some(json!({}))),
            difference("/spec/tls", Some(json!({"on": true})), None),
        ],
    );
    assert_eq!(
        after,
        json!({"spec": {
            "replicas": 2,
            "ports": [{"port": 80, "protocol": "TCP"}, {"port": 81}, {"port": 82, "protocol": "TCP"}],
            "tls": {"on": true},
        }})
    );
}

#[test]
fn several_items_of_one_list_go_without_taking_others_along() {
    let live = json!({"rules": [{"a": 0, "x": 1}, {"a": 1}, {"a": 2}], "f": ["a", "b", "c", "d"]});
    let after = put_back(
        &live,
        &json!({}),
        &[
            difference("/rules/0", None, Some(json!({}))),
            difference("/rules/1", None, Some(json!({}))),
            difference("/f[=a]", None, Some(json!("a"))),
            difference("/f[=c]", None, Some(json!("c"))),
        ],
    );
    assert_eq!(after, json!({"rules": [{"a": 2}], "f": ["b", "d"]}));
}

#[test]
fn an_item_that_writes_all_keys_is_found_before_one_that_leaves_some_to_defaults() {
    let list = json!({"ports": [{"port": 80}, {"port": 80, "protocol": "UDP"}, {"port": 80, "protocol": "TCP"}]});
    let at = |path: &str| find(&list, path).unwrap().clone();
    assert_eq!(at("/ports[port=80,protocol=UDP]")["protocol"], "UDP");
    assert_eq!(at("/ports[port=80,protocol=TCP]")["protocol"], "TCP");
    assert_eq!(at("/ports[port=80,protocol=SCTP]"), json!({"port": 80}));
    assert_eq!(find(&list, "/ports[port=81,protocol=TCP]"), None);
}

#[test]
fn maps_that_are_told_entry_by_entry_come_and_go_with_their_entries() {
    let live = json!({"metadata": {"annotations": {"note": "x"}}, "spec": {"emptyDir": {"sizeLimit": "1Gi"}}, "data": null});
    let after = put_back(
        &live,
        &json!({"metadata": {}, "data": {"1": "one"}}),
        &[
            difference("/metadata/annotations/note", None, Some(json!("x"))),
            difference(
                "/metadata/labels/app.kubernetes.io~1name",
                Some(json!("web")),
                None,
            ),
            difference("/metadata/finalizers[=a~1b]", Some(json!("a/b")), None),
            difference("/spec/emptyDir/sizeLimit", None, Some(json!("1Gi"))),
            difference("/data/1", Some(json!("one")), None),
        ],
    );
    assert_eq!(after["metadata"].get("annotations"), None);
    assert_eq!(
        after["metadata"]["labels"],
        json!({"app.kubernetes.io/name": "web"})
    );
    // What the server gives by itself stays: an empty map there is a value.
    assert_eq!(after["spec"], json!({"emptyDir": {}}));
    assert_eq!(after["data"], json!({"1": "one"}));
}

#[test]
fn what_the_server_keeps_for_itself_is_not_shown() {
    let object = json!({
        "metadata": {"name": "a", "uid": "u", "generation": 3, "resourceVersion": "9", "managedFields": [],
            "creationTimestamp": "t", "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}"}},
        "status": {"phase": "x"}, "spec": {"status": "kept", "generation": 1},
    });
    let kept = json!({"metadata": {"name": "a"}, "spec": {"status": "kept", "generation": 1}});
    assert_eq!(shown(&object), kept);
}

/// A differing entry of a keyed list: Git's value, the live value; none where one has it not.
type Entry = (Option<u8>, Option<u8>);

fn objects(entries: &[Entry], order: &[usize]) -> (Value, Value, Vec<RawDifference>) {
    let item = |name: usize, value: u8| json!({"name": format!("n{name}"), "value": value});
    let git: Vec<Value> = entries
        .iter()
        .enumerate()
        .filter_map(|(at, (git, _))| Some(item(at, (*git)?)))
        .collect();
    let live: Vec<Value> = order
        .iter()
        .filter(|at| **at < entries.len())
        .filter_map(|at| Some(item(*at, entries[*at].1?)))
        .collect();
    let differences = entries.iter().enumerate().filter_map(|(at, entry)| {
        let path = format!("/spec/list[name=n{at}]");
        match *entry {
            (Some(git), Some(live)) if git != live => Some(difference(
                &format!("{path}/value"),
                Some(json!(git)),
                Some(json!(live)),
            )),
            (Some(git), None) => Some(difference(&path, Some(item(at, git)), None)),
            (None, Some(live)) => Some(difference(&path, None, Some(item(at, live)))),
            _ => None,
        }
    });
    let of = |list: &[Value]| json!({"spec": {"list": list}});
    (of(&git), of(&live), differences.collect())
}

proptest! {
    #[test]
    fn compared_again_nothing_differs_at_the_paths(
        entries in proptest::collection::vec((proptest::option::of(0..3_u8), proptest::option::of(0..3_u8)), 0..8),
        order in Just((0..8).collect::<Vec<usize>>()).prop_shuffle(),
    ) {
        let (git, live, differences) = objects(&entries, &order);
        let after = put_back(&live, &git, &differences);
        for it in &differences {
            prop_assert_eq!(find(&after, &it.path), it.expected.as_ref(), "{}", it.path);
        }
        let sorted = |object: &Value| {
            let mut list = object["spec"]["list"].as_array().unwrap().clone();
            list.sort_by_key(|it| it["name"].to_string());
            list
        };
        prop_assert_eq!(sorted(&after), sorted(&git));
    }

    #[test]
    fn a_list_in_gits_order_comes_back_in_gits_order(
        entries in proptest::collection::vec((proptest::option::of(0..3_u8), proptest::option::of(0..3_u8)), 0..8),
    ) {
        let order: Vec<usize> = (0..8).collect();
        let (git, live, differences) = objects(&entries, &order);
        prop_assert_eq!(put_back(&live, &git, &differences), git);
    }
}
