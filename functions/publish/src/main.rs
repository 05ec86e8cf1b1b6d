//! The Lambda function `publish`.

use std::sync::Arc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_kit::Error> {
    let (deps, dead_letters) = publish::aws::deps(lambda_kit::start().await?)?;
    let deps = Arc::new(deps);
    lambda_kit::run_stream(dead_letters, move |record| {
        let deps = Arc::clone(&deps);
        async move { publish::handle(&deps, &record.into()).await }
    })
    .await
}
