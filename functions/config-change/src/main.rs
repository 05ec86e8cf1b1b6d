//! The Lambda function `config-change`.

use std::sync::Arc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_kit::Error> {
    let (deps, feed) = config_change::aws::deps(lambda_kit::start().await?)?;
    let deps = Arc::new(deps);
    lambda_kit::run_sqs(feed, move |message| {
        let deps = Arc::clone(&deps);
        async move { config_change::handle(&deps, &message.body).await }
    })
    .await
}
