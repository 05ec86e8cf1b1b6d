//! The Lambda function `notify`.

use std::sync::Arc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_kit::Error> {
    let (deps, feed) = notify::aws::deps(lambda_kit::start().await?)?;
    let deps = Arc::new(deps);
    lambda_kit::run_sqs(feed, move |message| {
        let deps = Arc::clone(&deps);
        async move { notify::handle(&deps, &message.body).await }
    })
    .await
}
