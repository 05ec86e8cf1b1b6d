//! The deployed ledger, read and moved without any of Plumbline's parts.

use serde_json::{Value, json};

use crate::aws::Aws;

/// How many partitions outbox and timers each have.
const SHARDS: u8 = 8;

/// The ledger's table.
#[derive(Debug)]
pub struct Table<'a> {
    aws: &'a Aws,
    name: &'a str,
}

/// A row of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Its partition.
    pub pk: String,
    /// Its place in it.
    pub sk: String,
    /// Its version; 0 where it has none.
    pub version: u64,
    /// What it holds: its body, or the attribute `n` of a counter.
    pub body: Value,
    whole: Value,
}

impl<'a> Table<'a> {
    pub(super) fn new(aws: &'a Aws, name: &'a str) -> Self {
        Self { aws, name }
    }

    /// One row.
    #[must_use]
    #[track_caller]
    pub fn get(&self, pk: &str, sk: &str) -> Option<Row> {
        let key = json!({"PK": {"S": pk}, "SK": {"S": sk}});
        let body = json!({"TableName": self.name, "Key": key, "ConsistentRead": true});
        let answer = self.call("GetItem", &body);
        answer.get("Item").map(row)
    }

    /// The rows of a partition whose place begins so.
    #[must_use]
    #[track_caller]
    pub fn query(&self, pk: &str, prefix: &str) -> Vec<Row> {
        let mut values = json!({":pk": {"S": pk}});
        let mut condition = "PK = :pk".to_owned();
        if !prefix.is_empty() {
            values[":sk"] = json!({"S": prefix});
            condition.push_str(" AND begins_with(SK, :sk)");
        }
        let body = json!({"TableName": self.name, "ConsistentRead": true,
            "KeyConditionExpression": condition, "ExpressionAttributeValues": values});
        let answer = self.call("Query", &body);
        let rows = answer["Items"].as_array();
        rows.into_iter().flatten().map(row).collect()
    }

    /// What is still to be told.
    #[must_use]
    #[track_caller]
    pub fn outbox(&self) -> Vec<Row> {
        self.sharded("OUTBOX")
    }

    /// What is to happen.
    #[must_use]
    #[track_caller]
    pub fn timers(&self) -> Vec<Row> {
        self.sharded("TIMER")
    }

    /// What a counter stands at, under labels such as `layer=cloudformation,how=resolved`.
    #[must_use]
    #[track_caller]
    pub fn counter(&self, metric: &str, labels: &str) -> u64 {
        self.query(&format!("CTR#{metric}"), &format!("{labels}#"))
            .iter()
            .filter_map(|it| it.body.as_u64())
            .sum()
    }

    /// Makes the timers of that work due at once.
    ///
    /// The functions' clock is this machine's and cannot be moved, so the other side of the comparison is: their due
    /// times become the first moments of 2020, in key and body alike.
    #[track_caller]
    pub fn make_due(&self, work: &str) {
        let timers = self.timers();
        let of_work = timers.iter().filter(|it| {
            let key = it.sk.split_once('#').map(|(_, key)| key);
            key.is_some_and(|key| key.starts_with(work))
        });
        for (index, timer) in of_work.enumerate() {
            let (_, key) = timer
                .sk
                .split_once('#')
                .expect("a timer's place is a time and a key");
            let mut body = timer.body.clone();
            // Each its own: two timers of the same work differ by nothing else.
            let due = format!("2020-01-01T00:00:00.{index:03}Z");
            body["dueAt"] = due.as_str().into();
            self.put_beside(timer, &format!("{due}#{key}"), &body);
            self.delete(timer);
        }
    }

    /// Puts a row with all that another has, but at this place and with this body.
    #[track_caller]
    pub fn put_beside(&self, row: &Row, sk: &str, body: &Value) {
        let mut item = row.whole.clone();
        item["SK"] = json!({"S": sk});
        item["body"] = json!({"S": body.to_string()});
        self.call("PutItem", &json!({"TableName": self.name, "Item": item}));
    }

    /// Deletes a row.
    #[track_caller]
    pub fn delete(&self, row: &Row) {
        let key = json!({"PK": {"S": row.pk}, "SK": {"S": row.sk}});
        self.call("DeleteItem", &json!({"TableName": self.name, "Key": key}));
    }

    fn sharded(&self, name: &str) -> Vec<Row> {
        (0..SHARDS)
            .flat_map(|shard| self.query(&format!("{name}#{shard}"), ""))
            .collect()
    }

    #[track_caller]
    fn call(&self, operation: &str, body: &Value) -> Value {
        let target = format!("DynamoDB_20120810.{operation}");
        let answer = self.aws.json("dynamodb", &target, body).good();
        serde_json::from_str(&answer.body).expect("DynamoDB answers in JSON")
    }
}

fn row(item: &Value) -> Row {
    let text = |name: &str| item[name]["S"].as_str().map(str::to_owned);
    let number = |name: &str| item[name]["N"].as_str()?.parse::<u64>().ok();
    let body = match text("body") {
        Some(body) => serde_json::from_str(&body).expect("a body is JSON"),
        None => number("n").map_or(Value::Null, Value::from),
    };
    Row {
        pk: text("PK").expect("a row has a partition"),
        sk: text("SK").expect("a row has a place"),
        version: number("version").unwrap_or_default(),
        body,
        whole: item.clone(),
    }
}
