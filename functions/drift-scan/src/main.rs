//! The Lambda function `drift-scan`.

use std::sync::Arc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_kit::Error> {
    let deps = Arc::new(drift_scan::aws::deps(lambda_kit::start().await?)?);
    lambda_kit::run_schedule(move |tick| {
        let deps = Arc::clone(&deps);
        async move { drift_scan::run(&deps, tick.input).await }
    })
    .await
}
