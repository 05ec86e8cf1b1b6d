//! Since when a branch says something else.

use domain::ports::Source as _;
use jiff::SignedDuration;
use manifests::Tools;
use serde_json::{Value, json};

use super::*;
use crate::{GithubSource, What};

/// A commit that was made so many minutes after the start, in GitHub's words.
fn commit(id: &str, minutes: i64, parents: &[&str]) -> Value {
    let at = start() + SignedDuration::from_mins(minutes);
    let parents: Vec<Value> = parents.iter().map(|it| json!({"sha": it})).collect();
    json!({"sha": id, "parents": parents, "commit": {"committer": {"date": at.to_string()}}})
}

/// A repository with these commits since `base`, these files that differ, and
/// these commits by path, the newest first.
async fn having(commits: Value, files: &[&str], touching: &[(&'static str, &[&str])]) -> World {
    let files: Vec<Value> = files.iter().map(|it| json!({"filename": it})).collect();
    let compare = json!({"commits": commits, "files": files}).to_string();
    let lists: Vec<(String, String)> = touching
        .iter()
        .map(|(path, ids)| {
            let ids: Vec<Value> = ids.iter().map(|it| json!({"sha": it})).collect();
            (format!("&path={path}&"), Value::from(ids).to_string())
        })
        .collect();
    World::new(move |request| {
        if request.path.contains("/compare/") {
            return Reply::new(200, compare.clone());
        }
        let list = lists.iter().find(|(path, _)| request.path.contains(path));
        list.map_or(Reply::new(404, ""), |(_, list)| {
            Reply::new(200, list.clone())
        })
    })
    .await
}

fn minutes(since: Option<Timestamp>) -> Option<i64> {
    since.map(|it| it.duration_since(start()).as_mins())
}

#[tokio::test]
async fn it_is_the_first_commit_that_touches_the_path() {
    let commits = json!([
        commit("a", 1, &["base"]),
        commit("b", 2, &["a"]),
        commit("c", 3, &["b"]),
    ]);
    let world = having(commits, &["k8s/a.yaml"], &[("k8s", &["c", "b", "older"])]).await;
    let since = world
        .repository()
        .changed_since("base", Some("main"), &["k8s"])
        .await;
    assert_eq!(minutes(since.unwrap()), Some(2));
    let expected = [
        "/repos/org/shop/compare/base...main?per_page=100&page=1",
        "/repos/org/shop/commits?sha=c&path=k8s&per_page=100&page=1",
    ];
    assert_eq!(world.server.paths(), expected);
}

#[tokio::test]
async fn a_merge_counts_when_it_came_in() {
    let commits = json!([
        commit("side", 1, &["base"]),
        commit("own", 2, &["base"]),
        commit("merge", 30, &["own", "side"]),
        commit("later", 40, &["merge"]),
    ]);
    let world = having(commits, &["k8s/a.yaml"], &[("k8s", &["side"])]).await;
    let since = world
        .repository()
        .changed_since("base", None, &["k8s"])
        .await;
    assert_eq!(minutes(since.unwrap()), Some(30));
}

#[tokio::test]
async fn where_no_file_below_the_path_differs_nothing_changed_and_no_commit_is_looked_for() {
    let commits = json!([commit("a", 1, &["base"])]);
    let world = having(commits, &["k8s-other/a.yaml", "docs/b.md"], &[]).await;
    let since = world
        .repository()
        .changed_since("base", None, &["k8s"])
        .await;
    assert_eq!(since.unwrap(), None);
    assert_eq!(world.server.requests().len(), 1);
    let world = having(json!([]), &[], &[]).await;
    let since = world.repository().changed_since("base", None, &[""]).await;
    assert_eq!(since.unwrap(), None);
}

#[tokio::test]
async fn a_file_that_was_moved_away_differs_and_so_may_one_of_too_many() {
    let world = World::new(|request| {
        let moved = json!({"filename": "old/a.yaml", "previous_filename": "k8s/a.yaml"});
        let commits = json!([commit("a", 1, &["base"])]);
        Reply::new(
            200,
            match request.path.contains("/compare/") {
                true => json!({"commits": commits, "files": [moved]}).to_string(),
                false => json!([{"sha": "a"}]).to_string(),
            },
        )
    })
    .await;
    let since = world
        .repository()
        .changed_since("base", None, &["k8s"])
        .await;
    assert_eq!(minutes(since.unwrap()), Some(1));

    let names: Vec<String> = (0..300).map(|it| format!("docs/{it}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let commits = json!([commit("a", 1, &["base"])]);
    let world = having(commits, &names, &[("k8s", &["a"])]).await;
    let since = world
        .repository()
        .changed_since("base", None, &["k8s"])
        .await;
    assert_eq!(minutes(since.unwrap()), Some(1));
}

#[tokio::test]
async fn many_commits_come_in_pages() {
    let world = World::new(|request| {
        let page = |it: &str| it.parse::<i64>().unwrap();
        let (path, page) = request
            .path
            .split_once("&page=")
            .map(|(path, it)| (path, page(it)))
            .unwrap();
        let ids = (page - 1) * 100..(page * 100).min(250);
        if path.contains("/compare/") {
            let commits: Vec<Value> = ids
                .map(|it| commit(&format!("c{it}"), it, &[&format!("c{}", it - 1)]))
                .collect();
            return Reply::new(
                200,
                json!({"commits": commits, "files": [{"filename": "k8s/a"}]}).to_string(),
            );
        }
        let newest_first = ids.map(|it| json!({"sha": format!("c{}", 249 - it)}));
        let body = Value::from(newest_first.collect::<Vec<_>>());
        Reply::new(200, body.to_string())
    })
    .await;
    let since = world
        .repository()
        .changed_since("base", None, &["k8s"])
        .await;
    assert_eq!(minutes(since.unwrap()), Some(0));
    assert_eq!(world.server.requests().len(), 6);
}

#[tokio::test]
async fn what_is_rendered_may_come_from_anywhere() {
    let commits = json!([commit("a", 1, &["base"]), commit("b", 2, &["a"])]);
    let world = having(commits, &["base/a.yaml"], &[]).await;
    let repository = Arc::new(world.repository());
    let source = |what| GithubSource::new(Arc::clone(&repository), None, what, Tools::default());
    let rendered = source(What::Kustomize("overlay".to_owned())).unwrap();
    assert_eq!(
        minutes(rendered.ahead_since("base").await.unwrap()),
        Some(1)
    );
    let plain = source(What::Directory("overlay".to_owned())).unwrap();
    assert_eq!(plain.ahead_since("base").await.unwrap(), None);
}
