//! What is read of what was named, and which of its objects are meant.

use std::fs;
use std::path::Path;

use clap::Parser as _;
use serde_json::json;

use crate::args::{Cli, Command};
use crate::diff::files;
use crate::diff::options::Diff;
use crate::diff::selector::Selector;

fn asked(arguments: &[&str]) -> Result<Diff, clap::Error> {
    let words = ["plumbline", "diff"].iter().chain(arguments);
    match Cli::try_parse_from(words)?.command {
        Command::Diff(diff) => Ok(*diff),
        other => panic!("{other:?}"),
    }
}

fn configmap(name: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\n")
}

/// The names of what is read, and the problems.
async fn read(arguments: &[&str]) -> Result<(Vec<String>, Vec<String>), String> {
    let read = files::read(&asked(arguments).unwrap()).await;
    let read = read.map_err(|it| it.to_string())?;
    let name =
        |it: &domain::ports::Manifest| it.object["metadata"]["name"].as_str().unwrap().to_owned();
    let problem = |it: &domain::ports::Unreadable| format!("{}: {}", it.place, it.problem);
    Ok((
        read.objects.iter().map(name).collect(),
        read.unreadable.iter().map(problem).collect(),
    ))
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[tokio::test]
async fn a_directory_is_read_without_those_below_it_unless_asked() {
    let home = tempfile::tempdir().unwrap();
    let root = home.path();
    fs::create_dir_all(root.join("below")).unwrap();
    fs::create_dir_all(root.join("empty/deep")).unwrap();
    for (file, name) in [
        ("b.yaml", "b"),
        ("a.yml", "a"),
        ("below/c.json.yaml", "c"),
        ("notes.txt", "other"),
        ("empty/deep/d.yaml", "d"),
    ] {
        fs::write(root.join(file), configmap(name)).unwrap();
    }
    let names = |list: &[&str]| list.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
    assert_eq!(
        read(&["-f", text(root)]).await.unwrap().0,
        names(&["a", "b"])
    );
    assert_eq!(
        read(&["-R", "-f", text(root)]).await.unwrap().0,
        names(&["a", "b", "c", "d"])
    );
    assert_eq!(
        read(&["-f", text(&root.join("notes.txt"))])
            .await
            .unwrap()
            .0,
        names(&["other"])
    );
    let both = format!(
        "{},{}",
        text(&root.join("b.yaml")),
        text(&root.join("a.yml"))
    );
    assert_eq!(read(&["-f", &both]).await.unwrap().0, names(&["b", "a"]));
    let empty = read(&["-f", text(&root.join("empty"))]).await.unwrap_err();
    assert!(empty.contains("-R"), "{empty}");
    let nowhere = read(&["-f", text(&root.join("no.yaml"))])
        .await
        .unwrap_err();
    assert!(nowhere.contains("no such file"), "{nowhere}");
}

#[tokio::test]
async fn what_is_rendered_names_the_option_that_reads_it() {
    let home = tempfile::tempdir().unwrap();
    let root = home.path();
    fs::write(root.join("kustomization.yaml"), "resources: [a.yaml]\n").unwrap();
    fs::write(root.join("a.yaml"), configmap("a")).unwrap();
    let (names, problems) = read(&["-f", text(root)]).await.unwrap();
    assert_eq!(names, Vec::<String>::new());
    assert!(
        problems.len() == 1 && problems[0].ends_with("give it with -k"),
        "{problems:?}"
    );
}

#[tokio::test]
async fn addresses_and_a_second_standard_input_are_refused() {
    for address in ["http://example.com/a.yaml", "https://example.com/a.yaml"] {
        assert!(
            read(&["-f", address])
                .await
                .unwrap_err()
                .contains("addresses are not read")
        );
        assert!(
            read(&["-k", address])
                .await
                .unwrap_err()
                .contains("addresses are not read")
        );
    }
}

#[test]
fn the_options_of_kubectl_are_taken_or_refused_with_a_reason() {
    let taken = "-f a.yaml -R --server-side --force-conflicts=true --field-manager=ci --concurrency 4 --show-managed-fields=false \
        --prune --prune-allowlist=core/v1/ConfigMap -l a=b -n shop --context prod --kubeconfig k --recursive=false";
    let taken = taken.replace("-R ", "");
    let words: Vec<&str> = taken.split_whitespace().collect();
    let diff = asked(&words).unwrap();
    assert!(diff.kubectl.refused().is_none() && diff.kubectl.server_side && !diff.recursive);
    assert_eq!(diff.kubectl.remarks().len(), 1);
    for refused in [
        "--as=x",
        "--as-group=x",
        "--cluster=x",
        "--user=x",
        "--server=x",
        "--token=x",
    ] {
        let why = asked(&["-f", "a", refused])
            .unwrap()
            .kubectl
            .refused()
            .unwrap();
        let name = refused.split('=').next().unwrap();
        assert!(
            why.starts_with(&format!("{name}: ")) && why.contains("kubeconfig"),
            "{why}"
        );
    }
    for wrong in [
        &["-f", "a", "--bogus"][..],
        &[],
        &["-f", "a", "-k", "b"],
        &["-k", "b", "-R"],
        &["-f", "a", "-l", "a b"],
        &["-f", "a", "--concurrency", "0"],
    ] {
        assert_eq!(asked(wrong).unwrap_err().exit_code(), 2, "{wrong:?}");
    }
}

#[test]
fn selectors_mean_what_they_mean_to_kubectl() {
    let object = json!({"metadata": {"labels": {"app": "web", "tier": "front", "a.b/c": ""}}});
    let bare = json!({"metadata": {}});
    let matches = |text: &str| {
        let selector = Selector::parse(text).unwrap();
        (selector.matches(&object), selector.matches(&bare))
    };
    for (text, expected) in [
        ("app=web", (true, false)),
        ("app==web,tier!=back", (true, false)),
        ("app!=web", (false, true)),
        ("app", (true, false)),
        ("!app", (false, true)),
        ("a.b/c=", (true, false)),
        ("app in (api, web),tier", (true, false)),
        ("app notin (api,web)", (false, true)),
        ("app in (api)", (false, false)),
        ("", (true, true)),
    ] {
        assert_eq!(matches(text), expected, "{text}");
    }
    for wrong in ["a b", "app of (x)", "(x)", "=x", "app in x)", "!", "a~b"] {
        assert!(Selector::parse(wrong).is_err(), "{wrong}");
    }
}
