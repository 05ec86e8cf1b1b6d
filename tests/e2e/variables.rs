//! The functions' variables: what the template sets is what the functions need.

use std::process::Command;

use plumbline_tests::deploy::{Deployment, functions, names};

#[test]
fn e2e_missing_variable_names_itself() {
    let plumbline = Deployment::start();
    for name in names() {
        let variables = plumbline.variables(&name);
        assert!(variables.contains_key("PLUMBLINE_TABLE"), "{name}");
        for missing in variables.keys() {
            let output = Command::new(functions().join(&name).join("bootstrap"))
                .env_clear()
                .env("AWS_REGION", "us-east-1")
                .envs(variables.iter().filter(|(it, _)| *it != missing))
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(!output.status.success(), "{name} starts without {missing}");
            assert!(
                said.contains(missing.as_str()),
                "{name} without {missing} says: {said}"
            );
        }
    }
}
