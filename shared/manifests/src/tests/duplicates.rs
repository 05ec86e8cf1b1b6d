use super::*;

fn object(api_version: &str, namespace: &str, data: &str) -> String {
    format!(
        "apiVersion: {api_version}\nkind: A\nmetadata: {{name: a, namespace: {namespace}}}\ndata: {data}\n"
    )
}

#[test]
fn an_object_that_is_written_twice_alike_is_one() {
    let read = several(&[
        ("a.yaml", &object("v1", "x", "{b: 1, c: 2}")),
        ("b.yaml", &object("v1", "x", "{c: 2, b: 0x1}")),
    ]);
    assert_eq!(names(&read), ["a"]);
    assert_eq!(read.objects[0].place.file, "a.yaml");
    assert!(read.unreadable.is_empty());
}

#[test]
fn an_object_that_is_written_twice_in_different_ways_is_not_compared() {
    let read = several(&[
        ("a.yaml", &object("x.io/v1", "x", "hunter2")),
        ("b.yaml", &object("x.io/v2", "x", "hunter2")),
        ("c.yaml", &object("x.io/v1", "x", "hunter2")),
        ("d.yaml", &object("v1", "x", "1")),
        ("e.yaml", &object("x.io/v1", "z", "1")),
    ]);
    assert_eq!(read.objects.len(), 2);
    let problems = problems(&read);
    assert_eq!(problems.len(), 1);
    for part in ["b.yaml:1 (document 1)", "A x/a", "a.yaml:1 (document 1)"] {
        assert!(problems[0].contains(part), "{problems:?}");
    }
    assert!(!problems[0].contains("hunter2"));
}
