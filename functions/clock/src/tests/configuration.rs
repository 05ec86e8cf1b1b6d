//! The configuration: taken, kept, refused.

use domain::current;

use super::*;

const GOOD: &str = "apiVersion: plumbline/v1
environment: production
targets:
  - name: network
    cloudformation: {regions: [eu-central-1], stacks: ['*']}
";

impl World {
    fn upload(&self, text: &str) {
        let mut objects = self.objects.objects.lock().unwrap();
        objects.insert(self.deps.config.clone(), text.to_owned());
    }

    fn answer(&self, kind: Option<PortErrorKind>) {
        let error = kind.map(|kind| PortError::new(kind, "s3:GetObject", "so it is"));
        *self.objects.answer.lock().unwrap() = error;
    }

    fn in_force(&self) -> Option<current::Current> {
        block_on(current::in_force(&*self.store)).unwrap()
    }

    fn refused(&self) -> Option<current::Refused> {
        block_on(current::refused(&*self.store)).unwrap()
    }

    /// Messages that a version was refused.
    fn reports(&self) -> Vec<Outgoing> {
        let items = self.store.all_items().into_iter();
        items
            .filter(|it| it.key.pk.starts_with("OUTBOX#"))
            .map(|it| it.read().unwrap())
            .collect()
    }
}

#[test]
fn a_version_is_taken_once_and_then_only_asked_for_by_its_tag() {
    let world = World::new();
    world.upload(GOOD);
    assert!(world.run().is_ok());
    let taken = world.in_force().unwrap();
    assert_eq!(taken.text, GOOD);
    assert_eq!(taken.environment, "production");
    assert_eq!(taken.location, LOCATION);
    assert_eq!(taken.since, start());
    world.clock.advance(SignedDuration::from_secs(60));
    assert!(world.run().is_ok());
    assert_eq!(world.in_force().unwrap(), taken);
    let asked = world.objects.asked.lock().unwrap().clone();
    assert_eq!(asked, [None, Some(taken.tag)]);
}

#[test]
fn the_hash_is_the_policys_own() {
    let world = World::new();
    world.upload(GOOD);
    assert!(world.run().is_ok());
    let read = block_on(policy::InForce::new().read(&*world.store)).unwrap();
    assert_eq!(read.loaded.hash, world.in_force().unwrap().hash);
}

#[test]
fn a_broken_version_is_refused_once_and_the_last_good_one_stays() {
    let world = World::new();
    world.upload(GOOD);
    assert!(world.run().is_ok());
    let good = world.in_force();
    world.upload(&GOOD.replace("targets:", "tragets:"));
    for _ in 0..3 {
        assert!(world.run().is_ok());
    }
    assert_eq!(world.in_force(), good);
    let errors = world.refused().unwrap().errors;
    assert!(
        errors.starts_with(LOCATION) && errors.contains("tragets"),
        "{errors}"
    );
    let reports = world.reports();
    assert_eq!(reports.len(), 1);
    assert_eq!(reports[0].message.kind, Kind::ConfigRefused);
    assert_eq!(reports[0].message.environment, "production");

    world.upload(&GOOD.replace("targets:", "tagrets:"));
    assert!(world.run().is_ok());
    assert_eq!(world.reports().len(), 2);

    world.upload(&GOOD.replace("production", "staging"));
    assert!(world.run().is_ok());
    assert_eq!(world.in_force().unwrap().environment, "staging");
    assert_eq!(world.refused(), None);
}

#[test]
fn a_version_that_comes_back_after_the_good_one_is_told_again() {
    let world = World::new();
    let broken = GOOD.replace("targets:", "targts:");
    for (text, reports) in [(GOOD, 0), (&broken, 1), (GOOD, 1), (&broken, 2)] {
        world.upload(text);
        assert!(world.run().is_ok());
        assert_eq!(world.reports().len(), reports, "{text}");
        assert_eq!(world.refused().is_some(), text != GOOD);
        world.clock.advance(SignedDuration::from_secs(10));
    }
}

#[test]
fn a_refused_version_is_read_again_since_the_next_plumbline_may_understand_it() {
    let world = World::new();
    world.upload(GOOD);
    assert!(world.run().is_ok());
    let tag = world.in_force().unwrap().tag;
    world.upload("future: true");
    assert!(world.run().is_ok());
    assert!(world.run().is_ok());
    let asked = world.objects.asked.lock().unwrap().clone();
    assert_eq!(asked, [None, Some(tag.clone()), Some(tag)]);
}

#[test]
fn a_configuration_in_a_repository_is_taken_like_any_other() {
    let world = World::reading("github://org/repo/plumbline.yaml@main");
    world.upload(GOOD);
    assert!(world.run().is_ok());
    let taken = world.in_force().unwrap();
    assert_eq!(taken.location, "github://org/repo/plumbline.yaml@main");
    assert!(world.run().is_ok());
    let asked = world.objects.asked.lock().unwrap().clone();
    assert_eq!(asked, [None, Some(taken.tag)]);
}

#[test]
fn a_location_that_nobody_reads_is_refused_once_with_what_to_do_and_fails_no_run() {
    let world = World::reading("https://example.com/plumbline.yaml");
    for _ in 0..3 {
        assert!(world.run().is_ok());
    }
    let errors = world.refused().unwrap().errors;
    assert!(errors.contains("`https://`"), "{errors}");
    assert!(errors.contains("github://OWNER/NAME/PATH@REF"), "{errors}");
    assert_eq!(world.reports().len(), 1);
    assert!(world.objects.asked.lock().unwrap().is_empty());
}

#[test]
fn a_location_elsewhere_is_not_looked_for_among_files() {
    for location in [
        "github://org/repo/plumbline.yaml@main",
        "s3://bucket/plumbline.yaml",
    ] {
        let error = block_on(files().fetch(location, None)).unwrap_err();
        assert_eq!(error.kind, PortErrorKind::Invalid);
        assert!(error.detail.contains("is no path"), "{error}");
    }
}

#[test]
fn a_version_that_is_too_large_is_refused_once() {
    let world = World::new();
    let text = format!("{GOOD}# {}", "x".repeat(LARGEST));
    world.upload(&text);
    assert!(world.run().is_ok());
    assert!(world.run().is_ok());
    assert_eq!(world.in_force(), None);
    assert!(world.refused().unwrap().errors.contains("262144"));
    assert_eq!(world.reports().len(), 1);
    let most = format!("{GOOD}# {}", "x".repeat(LARGEST - GOOD.len() - 2));
    world.upload(&most);
    assert!(world.run().is_ok());
    assert_eq!(world.in_force().unwrap().text.len(), LARGEST);

    for kind in [PortErrorKind::TooLarge, PortErrorKind::Invalid] {
        world.answer(Some(kind));
        assert!(world.run().is_ok());
        assert!(world.refused().unwrap().errors.contains("so it is"));
    }
}

#[test]
fn a_source_that_cannot_be_read_fails_the_run_and_nothing_else_of_it() {
    let world = World::new();
    world.upload(GOOD);
    assert!(world.run().is_ok());
    for kind in [
        PortErrorKind::Unavailable,
        PortErrorKind::Denied,
        PortErrorKind::NotFound,
    ] {
        world.answer(Some(kind));
        let error = world.run().unwrap_err();
        assert_eq!(error.kind, kind);
        assert!(
            error.detail.starts_with("configuration: s3:GetObject"),
            "{error}"
        );
    }
    assert_eq!(world.heartbeats(), 4);
    assert!(world.in_force().is_some() && world.reports().is_empty());
}

#[test]
fn before_the_first_configuration_is_put_there_its_absence_fails_no_run() {
    let world = World::new();
    assert!(world.run().is_ok());
    world.answer(Some(PortErrorKind::Denied));
    assert!(world.run().is_ok());
    assert!(world.reports().is_empty());
    world.answer(Some(PortErrorKind::Timeout));
    assert!(world.run().is_err());
}

#[test]
fn another_location_is_read_whole_and_keeps_what_is_the_same() {
    let world = World::new();
    world.upload(GOOD);
    assert!(world.run().is_ok());
    let mut moved = World::reading("s3://bucket/other.yaml");
    moved.upload(GOOD);
    moved.deps.store = world.store.clone();
    assert!(moved.run().is_ok());
    assert_eq!(moved.objects.asked.lock().unwrap().clone(), [None]);
    assert_eq!(world.in_force().unwrap().location, "s3://bucket/other.yaml");
}

#[test]
fn a_path_is_read_again_only_when_its_content_changed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("plumbline.yaml");
    let location = path.to_str().unwrap();
    let mut world = World::reading(location);
    world.deps.objects = files();
    assert!(world.run().is_ok());
    std::fs::write(&path, GOOD).unwrap();
    assert!(world.run().is_ok());
    let tag = world.in_force().unwrap().tag;
    let fetch = |known: Option<&str>| block_on(files().fetch(location, known));
    assert_eq!(fetch(Some(&tag)).unwrap(), Fetched::Unchanged);
    std::fs::write(&path, format!("{GOOD}\n")).unwrap();
    assert!(matches!(fetch(Some(&tag)).unwrap(), Fetched::New { .. }));
    std::fs::write(&path, vec![b'#'; LARGEST + 1]).unwrap();
    assert_eq!(fetch(None).unwrap_err().kind, PortErrorKind::TooLarge);
    std::fs::write(&path, [0xff]).unwrap();
    assert_eq!(fetch(None).unwrap_err().kind, PortErrorKind::Invalid);
    let directory = folder.path().to_str().unwrap();
    let error = block_on(files().fetch(directory, None)).unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Invalid, "{error}");
    std::fs::remove_file(&path).unwrap();
    assert_eq!(fetch(None).unwrap_err().kind, PortErrorKind::NotFound);
}
