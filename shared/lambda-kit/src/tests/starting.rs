//! Starts that go wrong.

use super::lambda::{Play, event, message};

async fn ended(variables: Vec<(&'static str, &'static str)>) -> String {
    let mut play = Play::of("sqs", vec![event(&[message("m-1", "done")])]);
    play.variables = variables;
    let outcome = play.run().await;
    assert!(outcome.answers.is_empty(), "{:?}", outcome.answers);
    let line = outcome.output.lines().find(|line| line.contains("ENDED "));
    line.unwrap_or_else(|| panic!("{}", outcome.output))
        .to_owned()
}

#[tokio::test]
async fn a_missing_or_empty_variable_ends_the_start_with_its_name_and_the_fix() {
    for variable in ["PLUMBLINE_DEAD_LETTER_QUEUE", "PLUMBLINE_QUEUE_STACK_DRIFT"] {
        for value in ["", "  "] {
            let line = ended(vec![(variable, value)]).await;
            assert!(
                line.contains(&format!("{variable} is not set: ")) && line.contains("template"),
                "{line}"
            );
        }
    }
}

#[tokio::test]
async fn a_setting_of_aws_that_makes_no_sense_ends_the_start() {
    for (variable, value) in [
        ("AWS_REGION", ""),
        ("AWS_MAX_ATTEMPTS", "many"),
        ("SSL_CERT_FILE", "/nonexistent.pem"),
    ] {
        let line = ended(vec![(variable, value)]).await;
        let named = if variable == "AWS_REGION" {
            "no region"
        } else {
            variable
        };
        assert!(line.contains(named), "{variable}: {line}");
    }
}
