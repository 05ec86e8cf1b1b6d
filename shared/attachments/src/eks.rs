//! Node groups of clusters.

use aws::{Access, Service};
use domain::ports::PortError;

use crate::ask::{About, encoded, get};
use crate::pages::Pages;

const EKS: Service = Service {
    name: "eks",
    id: "EKS",
};

/// Names of the managed node groups of a cluster.
pub(crate) async fn node_groups(access: &Access, cluster: &str) -> Result<Vec<String>, PortError> {
    let about = About {
        op: "eks:ListNodegroups",
        kind: "cluster",
        name: cluster,
    };
    let unreadable = |what: String| about.unreadable(&access.place, what);
    // It becomes part of a path.
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if cluster.is_empty() || !cluster.bytes().all(is_name) {
        return Err(unreadable("that is not a cluster's name".to_owned()));
    }
    let mut pages = Pages::new("nextToken");
    let mut found = Vec::new();
    loop {
        let mut path = format!("/clusters/{cluster}/node-groups?maxResults=100");
        if let Some(token) = &pages.token {
            path = format!("{path}&nextToken={}", encoded(token));
        }
        let page = get(access, &EKS, about, &path).await?;
        let names = page["nodegroups"]
            .as_array()
            .ok_or_else(|| unreadable("the answer has no nodegroups".to_owned()))?;
        for name in names {
            let name = name.as_str().filter(|name| !name.is_empty());
            let name = name.ok_or_else(|| unreadable("a node group has no name".to_owned()))?;
            found.push(name.to_owned());
        }
        if !pages.turn(page["nextToken"].as_str()).map_err(unreadable)? {
            return Ok(found);
        }
    }
}
