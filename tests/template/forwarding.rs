//! Other regions and accounts forward exactly what the home region listens to.

use serde_json::{Value, json};

use super::support::{Template, list, target};

#[test]
fn a_forwarder_sends_what_the_home_region_listens_to() {
    let (home, away) = (Template::deployed(), Template::of("forwarder.yaml"));
    let rules = home.of_type("AWS::Events::Rule");
    assert_eq!(rules, away.of_type("AWS::Events::Rule"));
    for rule in rules {
        assert_eq!(
            home.property(rule, "EventPattern"),
            away.property(rule, "EventPattern"),
            "{rule}"
        );
        for to in list(away.property(rule, "Targets")) {
            assert_eq!(to["Arn"], json!({"Ref": "HomeEventBusArn"}), "{rule}");
            assert_eq!(target(&to["RoleArn"]), Some("ForwardRole"), "{rule}");
            assert_eq!(
                target(&to["DeadLetterConfig"]["Arn"]),
                Some("DeadLetters"),
                "{rule}"
            );
            assert!(
                !to["RetryPolicy"]["MaximumEventAgeInSeconds"].is_null(),
                "{rule}"
            );
        }
        let writers = away.property(
            "DeadLettersPolicy",
            "PolicyDocument/Statement/1/Condition/ArnEquals/aws:SourceArn",
        );
        assert!(
            list(writers).iter().any(|w| target(w) == Some(rule)),
            "{rule} may not write to the dead letters"
        );
    }
    assert_eq!(
        away.property("DeadLetters", "SqsManagedSseEnabled"),
        &json!(true)
    );
}

#[test]
fn nobody_may_send_events_here_until_named() {
    let template = Template::deployed();
    for policy in template.of_type("AWS::Events::EventBusPolicy") {
        let condition = template
            .at(&format!("/Resources/{policy}/Condition"))
            .as_str()
            .expect("a condition");
        assert_ne!(
            template.at(&format!("/Conditions/{condition}")),
            &Value::Null,
            "{policy}"
        );
        let statement = template.property(policy, "Statement");
        let everybody = statement["Principal"] == "*";
        assert!(
            everybody || statement["Principal"] == json!({"AWS": {"Ref": "ForwarderAccountIds"}}),
            "{policy} is open to others than those named"
        );
        assert_eq!(statement["Action"], "events:PutEvents", "{policy}");
        assert_eq!(
            everybody,
            !statement["Condition"]["StringEquals"]["aws:PrincipalOrgID"].is_null(),
            "{policy}"
        );
    }
    for parameter in [
        "ForwarderAccountIds",
        "ForwarderOrganizationId",
        "ReadRoleArns",
    ] {
        assert_eq!(
            template.at(&format!("/Parameters/{parameter}/Default")),
            &json!("")
        );
    }
}
