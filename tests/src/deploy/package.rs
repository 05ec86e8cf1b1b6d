//! From the template and the built functions to a stack.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use super::{Deployment, PLACE, STACK};
use crate::xml;

/// The bucket that packages are put in.
const PACKAGES: &str = "packages";

impl Deployment {
    /// Packages the template with the functions, and creates its stack.
    pub(super) fn deploy(&mut self, functions: &Path) {
        self.put_object(&format!("/{PACKAGES}"), Vec::new());
        let template = self.package(functions);
        self.create(&template);
    }

    fn package(&self, functions: &Path) -> String {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let path = root.join("infra/template.yaml");
        let mut template = fs::read_to_string(&path).expect("infra/template.yaml");
        for name in names() {
            let package = format!("{name}.zip");
            let code = format!("CodeUri: ../functions/{name}\n");
            assert!(template.contains(&code), "the template has no `{code}`");
            let at = format!("CodeUri: s3://{PACKAGES}/{package}\n");
            template = template.replace(&code, &at);
            let file = functions.join(&package);
            let bytes = fs::read(&file).unwrap_or_else(|error| {
                panic!(
                    "{}: {error}; run `tests/functions`, which builds it",
                    file.display()
                )
            });
            self.put_object(&format!("/{PACKAGES}/{package}"), bytes);
        }
        assert!(
            !template.contains("CodeUri: .."),
            "a function of the template has no folder in functions/"
        );
        template
    }

    fn create(&mut self, template: &str) {
        let path = format!("/{PACKAGES}/template.yaml");
        self.put_object(&path, template.as_bytes().to_vec());
        // It is larger than what a call may carry.
        let url = format!("{}{path}", self.emulator.endpoint());
        let parameters = [
            ("StackName", STACK),
            ("TemplateURL", &url),
            ("Capabilities.member.1", "CAPABILITY_IAM"),
        ];
        self.aws.cloudformation("CreateStack", &parameters).good();
        let description = self.wait("CloudFormation to create the stack", || {
            let answer = self
                .aws
                .cloudformation("DescribeStacks", &[("StackName", STACK)])
                .good();
            let status = xml::text(&answer.body, "StackStatus")?;
            (!status.ends_with("_IN_PROGRESS")).then_some((status, answer.body))
        });
        let (status, body) = description;
        let events = || {
            let answer = self
                .aws
                .cloudformation("DescribeStackEvents", &[("StackName", STACK)]);
            answer.body
        };
        assert_eq!(status, "CREATE_COMPLETE", "{}", events());
        self.outputs = xml::list(&body, "Outputs")
            .into_iter()
            .filter_map(|it| Some((xml::text(it, "OutputKey")?, xml::text(it, "OutputValue")?)))
            .collect();
    }

    pub(super) fn put_object(&self, path: &str, bytes: Vec<u8>) {
        let http: ureq::Agent = ureq::Agent::config_builder().proxy(None).build().into();
        let (_, region) = PLACE;
        let answer = http
            .put(format!("{}{path}", self.emulator.endpoint()))
            .header(
                "authorization",
                format!("AWS4-HMAC-SHA256 Credential=test/20260101/{region}/s3/aws4_request, SignedHeaders=host, Signature=0"),
            )
            .send(&bytes[..]);
        answer.unwrap_or_else(|error| panic!("s3: PUT {path}: {error}"));
    }
}

/// The functions, by the folders that they are in.
#[must_use]
pub fn names() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../functions");
    let mut names: Vec<String> = fs::read_dir(&folder)
        .expect("functions/")
        .map(|entry| entry.expect("a folder in functions/").file_name())
        .map(|name| name.to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// Where `tests/run` put the built functions.
///
/// # Panics
/// When it is not known; says what to run.
#[must_use]
#[track_caller]
pub fn functions() -> PathBuf {
    let folder = env::var_os("PLUMBLINE_TEST_FUNCTIONS").map(PathBuf::from);
    let folder = folder.unwrap_or_else(|| {
        panic!(
            "PLUMBLINE_TEST_FUNCTIONS is not set: run `tests/run`, or set it to what `tests/functions` prints"
        )
    });
    assert!(
        folder.is_dir(),
        "PLUMBLINE_TEST_FUNCTIONS is {}, which is no directory: run `tests/functions`, which makes it",
        folder.display()
    );
    folder
}
