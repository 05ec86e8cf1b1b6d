//! The Lambda function `cluster-drift`.

use std::sync::Arc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_kit::Error> {
    let (deps, feed) = cluster_drift::aws::deps(lambda_kit::start().await?)?;
    let deps = Arc::new(deps);
    lambda_kit::run_sqs(feed, move |message| {
        let deps = Arc::clone(&deps);
        async move { cluster_drift::handle(&deps, &message.body).await }
    })
    .await
}
