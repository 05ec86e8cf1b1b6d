//! Serves a cluster until interrupted, to be looked at with `kubectl`.

use std::time::Duration;

use sandbox_cluster::{Options, SandboxCluster};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let port = std::env::args().nth(1).map_or(Ok(0), |port| port.parse())?;
    let options = Options {
        port,
        ..Options::default()
    };
    let cluster = SandboxCluster::start(options).await?;
    let file = std::env::temp_dir().join("sandbox-cluster.json");
    std::fs::write(&file, cluster.kubeconfig("sandbox", ""))?;
    #[expect(clippy::print_stdout, reason = "an example tells where it is")]
    {
        println!("{} (KUBECONFIG={})", cluster.endpoint(), file.display());
    }
    loop {
        tokio::time::sleep(Duration::from_secs(3600)).await;
    }
}
