//! The deployed ledger over an emulator: a table as the template makes it, behind a proxy that misbehaves on request.

use std::sync::Arc;
use std::time::Duration;

use aws::{Access, Connection, Options, Roots};
use aws_config::{BehaviorVersion, Region};
use aws_credential_types::Credentials;
use ledger::DynamoLedger;
use plumbline_tests::aws::Aws;
use plumbline_tests::emulator::Emulator;
use plumbline_tests::proxy::Proxy;
use serde_json::{Value, json};

use super::fixture::{Handle, Store, block_on};

/// The table's name.
pub(super) const TABLE: &str = "plumbline";

/// An emulator with a table, and the way to it.
pub(super) struct Deployed {
    emulator: Emulator,
    pub(super) proxy: Proxy,
}

impl Deployed {
    pub(super) fn start() -> Self {
        let emulator = Emulator::start();
        make_table(&emulator.aws());
        let proxy = Proxy::start(&emulator.endpoint());
        Self { emulator, proxy }
    }

    /// A handle with connections of its own, straight to the emulator.
    pub(super) fn open(&self) -> DynamoLedger {
        DynamoLedger::new(&access(self.emulator.endpoint()), TABLE)
    }

    /// A handle through the proxy.
    pub(super) fn through_proxy(&self) -> DynamoLedger {
        DynamoLedger::new(&access(self.proxy.endpoint()), TABLE)
    }

    /// A call of DynamoDB without any of Plumbline's parts.
    pub(super) fn call(&self, operation: &str, body: &Value) -> Value {
        call(&self.emulator.aws(), operation, body)
    }
}

/// Opens handles onto a ledger of its own in an emulator.
pub(super) fn dynamo() -> Store {
    let deployed = Deployed::start();
    Arc::new(move || Arc::new(deployed.open()) as Handle)
}

/// What a client is made from. The settings are made on a thread of their own, as a rule may ask from within a runtime.
pub(super) fn access(endpoint: String) -> Access {
    let make = move || {
        let loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new(
                "test",
                "not-a-real-secret",
                None,
                None,
                "test",
            ))
            .endpoint_url(endpoint);
        let options = Options {
            roots: Roots::Aws,
            initial_backoff: Duration::from_millis(10),
            max_backoff: Duration::from_millis(50),
            ..Options::in_function()
        };
        block_on(async {
            Connection::load(loader, options)
                .await
                .access(None, None)
                .await
        })
    };
    std::thread::spawn(make).join().unwrap().unwrap()
}

fn call(aws: &Aws, operation: &str, body: &Value) -> Value {
    let target = format!("DynamoDB_20120810.{operation}");
    let answer = aws.json("dynamodb", &target, body).good();
    serde_json::from_str(&answer.body).unwrap()
}

/// The table of `infra/template.yaml`, as far as the ledger depends on it.
fn make_table(aws: &Aws) {
    let names = ["PK", "SK", "GSI1PK", "GSI1SK"];
    let types = names.map(|name| json!({"AttributeName": name, "AttributeType": "S"}));
    let keys = |pk: &str, sk: &str| json!([{"AttributeName": pk, "KeyType": "HASH"}, {"AttributeName": sk, "KeyType": "RANGE"}]);
    let index = json!({
        "IndexName": "GSI1", "KeySchema": keys("GSI1PK", "GSI1SK"), "Projection": {"ProjectionType": "ALL"},
    });
    let table = json!({
        "TableName": TABLE, "BillingMode": "PAY_PER_REQUEST", "AttributeDefinitions": types,
        "KeySchema": keys("PK", "SK"), "GlobalSecondaryIndexes": [index],
    });
    call(aws, "CreateTable", &table);
}
