//! Changes to live resources, past CloudFormation's back: one call of the service each, named after it.
//!
//! They cover every type that the emulator compares, and of each the properties that it compares and lets change.

use serde_json::{Map, Value, json};

use super::{Aws, percent_encode};

/// Tags as pairs of key and value.
pub type Tags = [(String, String)];

impl Aws {
    /// SQS: the URL of a queue, which is also its physical id.
    #[must_use]
    #[track_caller]
    pub fn queue_url(&self, name: &str) -> String {
        let answer = self
            .json("sqs", "AmazonSQS.GetQueueUrl", &json!({"QueueName": name}))
            .good();
        let answer: Value = serde_json::from_str(&answer.body).expect("SQS answers in JSON");
        answer["QueueUrl"]
            .as_str()
            .expect("a queue has a URL")
            .to_owned()
    }

    /// SQS: creates a queue with these attributes.
    #[track_caller]
    pub fn create_queue(&self, name: &str, attributes: &Map<String, Value>) {
        let body = json!({"QueueName": name, "Attributes": strings(attributes)});
        self.json("sqs", "AmazonSQS.CreateQueue", &body).good();
    }

    /// SQS: sets attributes such as `VisibilityTimeout`; numbers are sent as the strings that SQS takes.
    #[track_caller]
    pub fn set_queue_attributes(&self, name: &str, attributes: &Map<String, Value>) {
        let body = json!({"QueueUrl": self.queue_url(name), "Attributes": strings(attributes)});
        self.json("sqs", "AmazonSQS.SetQueueAttributes", &body)
            .good();
    }

    /// SQS: deletes a queue.
    #[track_caller]
    pub fn delete_queue(&self, name: &str) {
        self.json(
            "sqs",
            "AmazonSQS.DeleteQueue",
            &json!({"QueueUrl": self.queue_url(name)}),
        )
        .good();
    }

    /// SQS: adds tags or changes their values.
    #[track_caller]
    pub fn tag_queue(&self, name: &str, tags: &Tags) {
        let body = json!({"QueueUrl": self.queue_url(name), "Tags": tag_map(tags)});
        self.json("sqs", "AmazonSQS.TagQueue", &body).good();
    }

    /// SQS: removes tags.
    #[track_caller]
    pub fn untag_queue(&self, name: &str, keys: &[String]) {
        let body = json!({"QueueUrl": self.queue_url(name), "TagKeys": keys});
        self.json("sqs", "AmazonSQS.UntagQueue", &body).good();
    }

    /// SSM: writes a plain parameter's value and description, creating it when it is not there.
    #[track_caller]
    pub fn put_parameter(&self, name: &str, value: &str, description: &str) {
        let body = json!({"Name": name, "Value": value, "Description": description, "Type": "String", "Overwrite": true});
        self.json("ssm", "AmazonSSM.PutParameter", &body).good();
    }

    /// SSM: deletes a parameter.
    #[track_caller]
    pub fn delete_parameter(&self, name: &str) {
        self.json("ssm", "AmazonSSM.DeleteParameter", &json!({"Name": name}))
            .good();
    }

    /// SSM: adds tags to a parameter or changes their values.
    #[track_caller]
    pub fn tag_parameter(&self, name: &str, tags: &Tags) {
        let body = json!({"ResourceType": "Parameter", "ResourceId": name, "Tags": tag_list(tags)});
        self.json("ssm", "AmazonSSM.AddTagsToResource", &body)
            .good();
    }

    /// SSM: removes tags from a parameter.
    #[track_caller]
    pub fn untag_parameter(&self, name: &str, keys: &[String]) {
        let body = json!({"ResourceType": "Parameter", "ResourceId": name, "TagKeys": keys});
        self.json("ssm", "AmazonSSM.RemoveTagsFromResource", &body)
            .good();
    }

    /// SNS: creates a topic.
    #[track_caller]
    pub fn create_topic(&self, name: &str) {
        self.query("sns", "CreateTopic", &[("Name", name)]).good();
    }

    /// SNS: sets a topic's display name.
    #[track_caller]
    pub fn set_topic_display_name(&self, name: &str, display_name: &str) {
        let arn = self.arn("sns", name);
        let parameters = [
            ("TopicArn", arn.as_str()),
            ("AttributeName", "DisplayName"),
            ("AttributeValue", display_name),
        ];
        self.query("sns", "SetTopicAttributes", &parameters).good();
    }

    /// SNS: deletes a topic.
    #[track_caller]
    pub fn delete_topic(&self, name: &str) {
        self.query(
            "sns",
            "DeleteTopic",
            &[("TopicArn", &self.arn("sns", name))],
        )
        .good();
    }

    /// SNS: adds tags to a topic or changes their values.
    #[track_caller]
    pub fn tag_topic(&self, name: &str, tags: &Tags) {
        self.tag_by_query(
            "sns",
            "TagResource",
            ("ResourceArn", &self.arn("sns", name)),
            tags,
        );
    }

    /// SNS: removes tags from a topic.
    #[track_caller]
    pub fn untag_topic(&self, name: &str, keys: &[String]) {
        self.untag_by_query(
            "sns",
            "UntagResource",
            ("ResourceArn", &self.arn("sns", name)),
            keys,
        );
    }

    /// Lambda: changes a function's configuration; only the given keys (`Timeout`, `MemorySize`, `Environment`, …).
    #[track_caller]
    pub fn update_function(&self, name: &str, configuration: &Value) {
        let path = format!("/2015-03-31/functions/{name}/configuration");
        self.rest("lambda", ("PUT", &path), &configuration.to_string())
            .good();
    }

    /// Lambda: adds tags to a function or changes their values.
    #[track_caller]
    pub fn tag_function(&self, name: &str, tags: &Tags) {
        let path = format!("/2017-03-31/tags/{}", self.function_arn(name));
        self.rest(
            "lambda",
            ("POST", &path),
            &json!({"Tags": tag_map(tags)}).to_string(),
        )
        .good();
    }

    /// Lambda: removes tags from a function.
    #[track_caller]
    pub fn untag_function(&self, name: &str, keys: &[String]) {
        let keys: Vec<_> = keys
            .iter()
            .map(|key| format!("tagKeys={}", percent_encode(key)))
            .collect();
        let path = format!(
            "/2017-03-31/tags/{}?{}",
            self.function_arn(name),
            keys.join("&")
        );
        self.rest("lambda", ("DELETE", &path), "").good();
    }

    /// IAM: changes a role's description and its longest session, in seconds.
    #[track_caller]
    pub fn update_role(&self, name: &str, description: &str, max_session: &str) {
        let parameters = [
            ("RoleName", name),
            ("Description", description),
            ("MaxSessionDuration", max_session),
        ];
        self.query("iam", "UpdateRole", &parameters).good();
    }

    /// IAM: changes who may assume a role.
    #[track_caller]
    pub fn update_assume_role_policy(&self, name: &str, policy: &Value) {
        let policy = policy.to_string();
        let parameters = [("RoleName", name), ("PolicyDocument", policy.as_str())];
        self.query("iam", "UpdateAssumeRolePolicy", &parameters)
            .good();
    }

    /// IAM: adds tags to a role or changes their values.
    #[track_caller]
    pub fn tag_role(&self, name: &str, tags: &Tags) {
        self.tag_by_query("iam", "TagRole", ("RoleName", name), tags);
    }

    /// IAM: removes tags from a role.
    #[track_caller]
    pub fn untag_role(&self, name: &str, keys: &[String]) {
        self.untag_by_query("iam", "UntagRole", ("RoleName", name), keys);
    }

    /// DynamoDB: switches a table's deletion protection.
    #[track_caller]
    pub fn protect_table(&self, name: &str, protected: bool) {
        let body = json!({"TableName": name, "DeletionProtectionEnabled": protected});
        self.json("dynamodb", "DynamoDB_20120810.UpdateTable", &body)
            .good();
    }

    /// DynamoDB: sets a provisioned table's read and write capacity.
    #[track_caller]
    pub fn provision_table(&self, name: &str, throughput: &Value) {
        let body = json!({"TableName": name, "ProvisionedThroughput": throughput});
        self.json("dynamodb", "DynamoDB_20120810.UpdateTable", &body)
            .good();
    }

    /// DynamoDB: adds tags to a table or changes their values.
    #[track_caller]
    pub fn tag_table(&self, name: &str, tags: &Tags) {
        let body = json!({"ResourceArn": self.arn("dynamodb", &format!("table/{name}")), "Tags": tag_list(tags)});
        self.json("dynamodb", "DynamoDB_20120810.TagResource", &body)
            .good();
    }

    /// DynamoDB: removes tags from a table.
    #[track_caller]
    pub fn untag_table(&self, name: &str, keys: &[String]) {
        let body =
            json!({"ResourceArn": self.arn("dynamodb", &format!("table/{name}")), "TagKeys": keys});
        self.json("dynamodb", "DynamoDB_20120810.UntagResource", &body)
            .good();
    }

    /// S3: creates a bucket in the client's region.
    #[track_caller]
    pub fn create_bucket(&self, name: &str) {
        // The one region that must not be named is the one of old.
        let body = if self.region == "us-east-1" {
            String::new()
        } else {
            format!(
                "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><LocationConstraint>{}\
                 </LocationConstraint></CreateBucketConfiguration>",
                self.region
            )
        };
        self.rest("s3", ("PUT", &format!("/{name}")), &body).good();
    }

    /// S3: sets a bucket's versioning to `Enabled` or `Suspended`.
    #[track_caller]
    pub fn set_bucket_versioning(&self, name: &str, status: &str) {
        let body = format!(
            "<VersioningConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Status>{status}</Status>\
             </VersioningConfiguration>"
        );
        self.rest("s3", ("PUT", &format!("/{name}?versioning")), &body)
            .good();
    }

    /// S3: deletes an empty bucket.
    #[track_caller]
    pub fn delete_bucket(&self, name: &str) {
        self.rest("s3", ("DELETE", &format!("/{name}")), "").good();
    }

    /// CloudWatch Logs: creates a log group.
    #[track_caller]
    pub fn create_log_group(&self, name: &str) {
        self.json(
            "logs",
            "Logs_20140328.CreateLogGroup",
            &json!({"logGroupName": name}),
        )
        .good();
    }

    /// CloudWatch Logs: sets how many days a group keeps its events; `None` keeps them for ever.
    #[track_caller]
    pub fn set_retention(&self, name: &str, days: Option<u64>) {
        match days {
            Some(days) => {
                let body = json!({"logGroupName": name, "retentionInDays": days});
                self.json("logs", "Logs_20140328.PutRetentionPolicy", &body)
                    .good();
            }
            None => {
                self.json(
                    "logs",
                    "Logs_20140328.DeleteRetentionPolicy",
                    &json!({"logGroupName": name}),
                )
                .good();
            }
        }
    }

    /// CloudWatch Logs: deletes a log group.
    #[track_caller]
    pub fn delete_log_group(&self, name: &str) {
        self.json(
            "logs",
            "Logs_20140328.DeleteLogGroup",
            &json!({"logGroupName": name}),
        )
        .good();
    }

    /// CloudWatch Logs: adds tags to a log group or changes their values.
    #[track_caller]
    pub fn tag_log_group(&self, name: &str, tags: &Tags) {
        let body = json!({"resourceArn": self.arn("logs", &format!("log-group:{name}")), "tags": tag_map(tags)});
        self.json("logs", "Logs_20140328.TagResource", &body).good();
    }

    /// CloudWatch Logs: removes tags from a log group.
    #[track_caller]
    pub fn untag_log_group(&self, name: &str, keys: &[String]) {
        let body =
            json!({"resourceArn": self.arn("logs", &format!("log-group:{name}")), "tagKeys": keys});
        self.json("logs", "Logs_20140328.UntagResource", &body)
            .good();
    }

    /// Secrets Manager: changes a secret's description (never its value).
    #[track_caller]
    pub fn describe_secret_as(&self, name: &str, description: &str) {
        let body = json!({"SecretId": name, "Description": description});
        self.json("secretsmanager", "secretsmanager.UpdateSecret", &body)
            .good();
    }

    /// Secrets Manager: adds tags to a secret or changes their values.
    #[track_caller]
    pub fn tag_secret(&self, name: &str, tags: &Tags) {
        let body = json!({"SecretId": name, "Tags": tag_list(tags)});
        self.json("secretsmanager", "secretsmanager.TagResource", &body)
            .good();
    }

    /// Secrets Manager: removes tags from a secret.
    #[track_caller]
    pub fn untag_secret(&self, name: &str, keys: &[String]) {
        let body = json!({"SecretId": name, "TagKeys": keys});
        self.json("secretsmanager", "secretsmanager.UntagResource", &body)
            .good();
    }

    /// Kinesis: creates a stream with this many shards.
    #[track_caller]
    pub fn create_stream(&self, name: &str, shards: u64) {
        let body = json!({"StreamName": name, "ShardCount": shards});
        self.json("kinesis", "Kinesis_20131202.CreateStream", &body)
            .good();
    }

    /// Kinesis: deletes a stream.
    #[track_caller]
    pub fn delete_stream(&self, name: &str) {
        self.json(
            "kinesis",
            "Kinesis_20131202.DeleteStream",
            &json!({"StreamName": name}),
        )
        .good();
    }

    /// ECR: creates a repository.
    #[track_caller]
    pub fn create_repository(&self, name: &str) {
        let target = "AmazonEC2ContainerRegistry_V20150921.CreateRepository";
        self.json("ecr", target, &json!({"repositoryName": name}))
            .good();
    }

    /// ECR: deletes a repository.
    #[track_caller]
    pub fn delete_repository(&self, name: &str) {
        let target = "AmazonEC2ContainerRegistry_V20150921.DeleteRepository";
        self.json("ecr", target, &json!({"repositoryName": name}))
            .good();
    }

    /// EventBridge: creates a rule on the default bus.
    #[track_caller]
    pub fn put_rule(&self, name: &str, schedule: &str) {
        let body = json!({"Name": name, "ScheduleExpression": schedule, "State": "ENABLED"});
        self.json("events", "AWSEvents.PutRule", &body).good();
    }

    /// EventBridge: deletes a rule of the default bus.
    #[track_caller]
    pub fn delete_rule(&self, name: &str) {
        self.json("events", "AWSEvents.DeleteRule", &json!({"Name": name}))
            .good();
    }

    /// Step Functions: creates a state machine.
    #[track_caller]
    pub fn create_state_machine(&self, name: &str, role: &str, definition: &str) {
        let body = json!({"name": name, "roleArn": role, "definition": definition});
        self.json("states", "AWSStepFunctions.CreateStateMachine", &body)
            .good();
    }

    /// Step Functions: deletes a state machine.
    #[track_caller]
    pub fn delete_state_machine(&self, name: &str) {
        let body = json!({"stateMachineArn": self.arn("states", &format!("stateMachine:{name}"))});
        self.json("states", "AWSStepFunctions.DeleteStateMachine", &body)
            .good();
    }

    fn account_id(&self) -> &str {
        let is_account = self.access_key.len() == 12
            && self.access_key.bytes().all(|byte| byte.is_ascii_digit());
        if is_account {
            &self.access_key
        } else {
            "000000000000"
        }
    }

    fn arn(&self, service: &str, resource: &str) -> String {
        format!(
            "arn:aws:{service}:{}:{}:{resource}",
            self.region,
            self.account_id()
        )
    }

    fn function_arn(&self, name: &str) -> String {
        percent_encode(&self.arn("lambda", &format!("function:{name}")))
    }

    #[track_caller]
    fn tag_by_query(&self, service: &str, action: &str, subject: (&str, &str), tags: &Tags) {
        let named: Vec<_> = tags.iter().enumerate().collect();
        let named: Vec<_> = named
            .into_iter()
            .flat_map(|(index, (key, value))| {
                let member = format!("Tags.member.{}", index + 1);
                [
                    (format!("{member}.Key"), key),
                    (format!("{member}.Value"), value),
                ]
            })
            .collect();
        let mut parameters = vec![subject];
        parameters.extend(
            named
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str())),
        );
        self.query(service, action, &parameters).good();
    }

    #[track_caller]
    fn untag_by_query(&self, service: &str, action: &str, subject: (&str, &str), keys: &[String]) {
        let names: Vec<_> = (1..=keys.len())
            .map(|index| format!("TagKeys.member.{index}"))
            .collect();
        let mut parameters = vec![subject];
        parameters.extend(
            names
                .iter()
                .map(String::as_str)
                .zip(keys.iter().map(String::as_str)),
        );
        self.query(service, action, &parameters).good();
    }
}

fn strings(attributes: &Map<String, Value>) -> Map<String, Value> {
    attributes
        .iter()
        .map(|(name, value)| {
            (
                name.clone(),
                value
                    .as_str()
                    .map_or_else(|| value.to_string(), str::to_owned)
                    .into(),
            )
        })
        .collect()
}

fn tag_map(tags: &Tags) -> Value {
    tags.iter()
        .map(|(key, value)| (key.clone(), Value::from(value.as_str())))
        .collect::<Map<_, _>>()
        .into()
}

fn tag_list(tags: &Tags) -> Value {
    tags.iter()
        .map(|(key, value)| json!({"Key": key, "Value": value}))
        .collect()
}
