//! The functions: their packages, what they run on, what they are told, what they log.

use std::{collections::BTreeSet, fs};

use serde_json::{Value, json};

use super::support::{Complaints, FUNCTIONS, Template, holds_and_notices, map, root, target};

/// The environment of each function beside `PLUMBLINE_TABLE`, and the resource that each variable names.
const ENVIRONMENT: [(&str, &[(&str, &str)]); 8] = [
    (
        "DriftScan",
        &[
            ("PLUMBLINE_QUEUE_STACK_DRIFT", "StackDriftQueue"),
            ("PLUMBLINE_QUEUE_CLUSTER_DRIFT", "ClusterDriftQueue"),
        ],
    ),
    (
        "StackDrift",
        &[
            ("PLUMBLINE_HMAC_KEY", "secretsmanager:${HmacKey}"),
            ("PLUMBLINE_QUEUE_STACK_DRIFT", "StackDriftQueue"),
            ("PLUMBLINE_DEAD_LETTER_QUEUE", "StackDriftDeadLetters"),
        ],
    ),
    (
        "ClusterDrift",
        &[
            ("PLUMBLINE_HMAC_KEY", "secretsmanager:${HmacKey}"),
            ("PLUMBLINE_GITHUB", "GitHubCredentials"),
            ("PLUMBLINE_QUEUE_CLUSTER_DRIFT", "ClusterDriftQueue"),
            ("PLUMBLINE_DEAD_LETTER_QUEUE", "ClusterDriftDeadLetters"),
        ],
    ),
    (
        "ConfigChange",
        &[
            ("PLUMBLINE_QUEUE_CONFIG_CHANGE", "ConfigChangeQueue"),
            ("PLUMBLINE_DEAD_LETTER_QUEUE", "ConfigChangeDeadLetters"),
        ],
    ),
    (
        "Publish",
        &[
            ("PLUMBLINE_TOPIC_ARN", "Events"),
            ("PLUMBLINE_DEAD_LETTER_QUEUE", "PublishDeadLetters"),
        ],
    ),
    (
        "Clock",
        &[
            ("PLUMBLINE_TOPIC_ARN", "Events"),
            ("PLUMBLINE_CONFIG", "configuration"),
            ("PLUMBLINE_GITHUB", "GitHubCredentials"),
            ("PLUMBLINE_QUEUE_STACK_DRIFT", "StackDriftQueue"),
            ("PLUMBLINE_QUEUE_CLUSTER_DRIFT", "ClusterDriftQueue"),
            ("PLUMBLINE_QUEUE_NOTIFY", "NotifyQueue"),
            ("PLUMBLINE_QUEUE_CONFIG_CHANGE", "ConfigChangeQueue"),
            ("PLUMBLINE_QUEUE_IMAGE_PUSH", "ImagePushQueue"),
            ("PLUMBLINE_DEAD_LETTER_QUEUE", "ClockDeadLetters"),
        ],
    ),
    (
        "Notify",
        &[
            ("PLUMBLINE_QUEUE_NOTIFY", "NotifyQueue"),
            ("PLUMBLINE_QUEUE_STACK_DRIFT", "StackDriftQueue"),
            ("PLUMBLINE_QUEUE_CLUSTER_DRIFT", "ClusterDriftQueue"),
            ("PLUMBLINE_DEAD_LETTER_QUEUE", "NotifyDeadLetters"),
        ],
    ),
    (
        "ImagePush",
        &[
            ("PLUMBLINE_QUEUE_IMAGE_PUSH", "ImagePushQueue"),
            ("PLUMBLINE_DEAD_LETTER_QUEUE", "ImagePushDeadLetters"),
        ],
    ),
];

/// The functions of the template are the packages of `functions/`, built and run as Lambda needs it.
fn packages(template: &Template) -> Complaints {
    let mut complaints = Complaints::new();
    let folders: BTreeSet<String> = fs::read_dir(root().join("functions"))
        .expect("functions/")
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .into_string()
                .expect("a name")
        })
        .collect();
    let known: BTreeSet<String> = FUNCTIONS
        .iter()
        .map(|(_, folder)| (*folder).to_owned())
        .collect();
    for folder in folders.symmetric_difference(&known) {
        complaints.push(format!("functions/{folder} and the template do not agree"));
    }
    let deployed: BTreeSet<&str> = template
        .of_type("AWS::Serverless::Function")
        .into_iter()
        .collect();
    for function in deployed.symmetric_difference(&FUNCTIONS.iter().map(|(f, _)| *f).collect()) {
        complaints.push(format!(
            "the function {function} is not one of Plumbline's, or is missing"
        ));
    }
    for (function, folder) in FUNCTIONS {
        let metadata = template.at(&format!("/Resources/{function}/Metadata"));
        if metadata["BuildMethod"] != "rust-cargolambda"
            || metadata["BuildProperties"]["Binary"] != folder
        {
            complaints.push(format!("{function} is not built as the binary {folder}"));
        }
        for (name, wanted) in [
            ("CodeUri", json!(format!("../functions/{folder}"))),
            (
                "FunctionName",
                json!({"Fn::Sub": format!("${{AWS::StackName}}-{folder}")}),
            ),
            ("Handler", json!("bootstrap")),
            ("Runtime", json!("provided.al2023")),
            ("Architectures", json!([{"Ref": "Architecture"}])),
        ] {
            if template.function(function, name) != &wanted {
                complaints.push(format!("{name} of {function} is not {wanted}"));
            }
        }
        let memory = template
            .function(function, "MemorySize")
            .as_u64()
            .unwrap_or_default();
        if !(256..=1024).contains(&memory) {
            complaints.push(format!("{function} has {memory} MB"));
        }
        if template.function(function, "ReservedConcurrentExecutions") != &Value::Null {
            complaints.push(format!(
                "{function} reserves concurrency, which small accounts refuse"
            ));
        }
    }
    if template
        .function("Clock", "Timeout")
        .as_u64()
        .is_none_or(|t| t >= 60)
    {
        complaints.push("two clocks may overlap".to_owned());
    }
    complaints
}

#[test]
fn every_package_is_a_function_and_every_function_a_package() {
    let template = Template::deployed();
    holds_and_notices(
        &template,
        packages,
        &[
            (
                "/Resources/Notify",
                Value::Null,
                "the function Notify is not one",
            ),
            (
                "/Resources/Other",
                json!({"Type": "AWS::Serverless::Function"}),
                "the function Other is not one",
            ),
            (
                "/Resources/Notify/Metadata/BuildProperties/Binary",
                json!("clock"),
                "Notify is not built as the binary notify",
            ),
            (
                "/Resources/Notify/Metadata/BuildMethod",
                Value::Null,
                "Notify is not built",
            ),
            (
                "/Resources/Notify/Properties/CodeUri",
                json!(".."),
                "CodeUri of Notify",
            ),
            (
                "/Resources/Notify/Properties/Handler",
                json!("main"),
                "Handler of Notify",
            ),
            (
                "/Globals/Function/Runtime",
                json!("provided.al2"),
                "Runtime of Notify",
            ),
            (
                "/Globals/Function/Architectures",
                Value::Null,
                "Architectures of Notify",
            ),
            (
                "/Globals/Function/MemorySize",
                json!(128),
                "Notify has 128 MB",
            ),
            (
                "/Resources/Notify/Properties/ReservedConcurrentExecutions",
                json!(1),
                "Notify reserves concurrency",
            ),
            (
                "/Resources/Clock/Properties/Timeout",
                json!(60),
                "two clocks may overlap",
            ),
        ],
    );
}

/// Every function is told exactly what the design says: one variable too many is a right too many in the making.
fn environment(template: &Template) -> Complaints {
    let mut complaints = Complaints::new();
    if template.at("/Globals/Function/Environment/Variables")
        != &json!({"PLUMBLINE_TABLE": {"Ref": "Ledger"}})
    {
        complaints.push("all functions are told the table and nothing else".to_owned());
    }
    for (function, wanted) in ENVIRONMENT {
        let wanted: BTreeSet<(String, String)> = wanted
            .iter()
            .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
            .collect();
        let told: BTreeSet<(String, String)> =
            map(template.property(function, "Environment/Variables"))
                .iter()
                .map(|(name, value)| (name.clone(), named(value)))
                .collect();
        for (name, value) in told.symmetric_difference(&wanted) {
            complaints.push(format!(
                "{function} and {name}={value} do not belong together, or it is missing"
            ));
        }
    }
    complaints
}

fn named(value: &Value) -> String {
    let own_or_given = json!({"Fn::If": ["OwnConfiguration", {"Fn::Sub": "s3://${Storage}/plumbline.yaml"}, {"Ref": "ConfigLocation"}]});
    if value == &own_or_given {
        return "configuration".to_owned();
    }
    target(value)
        .or(value["Fn::Sub"].as_str())
        .map_or_else(|| value.to_string(), str::to_owned)
}

#[test]
fn every_function_is_told_what_it_needs_and_no_more() {
    let template = Template::deployed();
    let variables = "/Resources/Notify/Properties/Environment/Variables";
    holds_and_notices(
        &template,
        environment,
        &[
            (
                &format!("{variables}/PLUMBLINE_QUEUE_STACK_DRIFT"),
                Value::Null,
                "Notify and PLUMBLINE_QUEUE_STACK_DRIFT",
            ),
            (
                &format!("{variables}/PLUMBLINE_HMAC_KEY"),
                json!("secretsmanager:x"),
                "Notify and PLUMBLINE_HMAC_KEY",
            ),
            (
                &format!("{variables}/PLUMBLINE_DEAD_LETTER_QUEUE"),
                json!({"Ref": "ClockDeadLetters"}),
                "ClockDeadLetters",
            ),
            (
                "/Resources/Clock/Properties/Environment/Variables/PLUMBLINE_CONFIG",
                json!("s3://a/b"),
                "PLUMBLINE_CONFIG",
            ),
            (
                "/Globals/Function/Environment/Variables/PLUMBLINE_TOPIC_ARN",
                json!("x"),
                "the table and nothing else",
            ),
        ],
    );
}

/// Functions whose messages come back through their own queue on purpose. Lambda would stop that as a loop.
fn come_back(template: &Template) -> Complaints {
    let mut complaints = Complaints::new();
    for (function, _) in FUNCTIONS {
        let is_allowed = template.property(function, "RecursiveLoop") == &json!("Allow");
        if is_allowed != matches!(function, "StackDrift" | "ClusterDrift" | "Notify") {
            complaints.push(format!("{function}: RecursiveLoop is not what it needs"));
        }
    }
    complaints
}

#[test]
fn what_comes_back_through_its_own_queue_is_no_loop() {
    holds_and_notices(
        &Template::deployed(),
        come_back,
        &[
            (
                "/Resources/StackDrift/Properties/RecursiveLoop",
                Value::Null,
                "StackDrift",
            ),
            (
                "/Resources/Notify/Properties/RecursiveLoop",
                json!("Terminate"),
                "Notify",
            ),
            (
                "/Resources/Clock/Properties/RecursiveLoop",
                json!("Allow"),
                "Clock",
            ),
        ],
    );
}

/// What one message of a full batch needs, in seconds: three posts to slow channels, a stack whose resources are asked
/// again one by one, or a large cluster. What is cut off comes again much later, and a post that was cut off may be made twice.
const SHARES: [(&str, u64); 3] = [("Notify", 29), ("StackDrift", 55), ("ClusterDrift", 240)];

fn shares(template: &Template) -> Complaints {
    let number = |value: &Value| value.as_u64().unwrap_or_default();
    SHARES
        .iter()
        .filter(|(function, needs)| {
            let timeout = number(template.function(function, "Timeout"));
            let batch = template.property(function, "Events/Messages/Properties/BatchSize");
            timeout.saturating_sub(1) / number(batch).max(1) < *needs
        })
        .map(|(function, needs)| {
            format!("{function}: a message of a full batch has less than {needs} s")
        })
        .collect()
}

#[test]
fn a_message_of_a_full_batch_has_the_time_it_needs() {
    holds_and_notices(
        &Template::deployed(),
        shares,
        &[
            ("/Resources/Notify/Properties/Timeout", json!(60), "Notify"),
            (
                "/Resources/StackDrift/Properties/Events/Messages/Properties/BatchSize",
                json!(5),
                "StackDrift",
            ),
        ],
    );
}

/// Every function logs JSON to its own log group, which forgets.
fn logs(template: &Template) -> Complaints {
    let mut complaints = Complaints::new();
    for (function, folder) in FUNCTIONS {
        let group = format!("{function}Log");
        if template.property(function, "LoggingConfig")
            != &json!({"LogFormat": "JSON", "LogGroup": {"Ref": group}})
        {
            complaints.push(format!("{function} does not log JSON to its own log"));
        }
        if template.property(&group, "RetentionInDays") != &json!({"Ref": "LogRetentionDays"}) {
            complaints.push(format!("{group} never forgets"));
        }
        if template.property(&group, "LogGroupName")
            != &json!({"Fn::Sub": format!("/aws/lambda/${{AWS::StackName}}-{folder}")})
        {
            complaints.push(format!("{group} is not found where one looks for it"));
        }
    }
    complaints
}

#[test]
fn every_function_has_a_log_of_its_own_that_forgets() {
    let template = Template::deployed();
    holds_and_notices(
        &template,
        logs,
        &[
            (
                "/Resources/Notify/Properties/LoggingConfig/LogFormat",
                json!("Text"),
                "Notify does not log JSON",
            ),
            (
                "/Resources/Notify/Properties/LoggingConfig/LogGroup",
                json!({"Ref": "ClockLog"}),
                "to its own log",
            ),
            (
                "/Resources/NotifyLog/Properties/RetentionInDays",
                Value::Null,
                "NotifyLog never forgets",
            ),
            (
                "/Resources/NotifyLog/Properties/LogGroupName",
                Value::Null,
                "NotifyLog is not found",
            ),
        ],
    );
}
