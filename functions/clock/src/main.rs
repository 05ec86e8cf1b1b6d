//! The Lambda function `clock`.

use std::sync::Arc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_kit::Error> {
    let deps = Arc::new(clock::aws::deps(lambda_kit::start().await?)?);
    lambda_kit::run_schedule(move |tick| {
        let deps = Arc::clone(&deps);
        async move { clock::handle(&deps, tick.until).await }
    })
    .await
}
