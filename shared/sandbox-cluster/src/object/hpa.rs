//! Autoscalers in their first and second version.

use serde_json::{Value, json};

use crate::kinds::Kind;

/// The object as another version of its kind has it.
pub(crate) fn convert(object: &Value, kind: &Kind) -> Value {
    let mut converted = object.clone();
    let version = kind.api_version();
    if converted["apiVersion"] == version.as_str() {
        return converted;
    }
    if kind.name == "HorizontalPodAutoscaler" {
        match kind.version.as_str() {
            "v1" => to_first(&mut converted),
            _ => to_second(&mut converted),
        }
    }
    converted["apiVersion"] = version.into();
    converted
}

const METRICS: &str = "autoscaling.alpha.kubernetes.io/metrics";

/// The first version has a field for the processor; all other metrics are in an annotation.
fn to_first(object: &mut Value) {
    let Some(spec) = object["spec"].as_object_mut() else {
        return;
    };
    let metrics = spec.remove("metrics");
    spec.remove("behavior");
    let mut others = Vec::new();
    let mut processor = None;
    for metric in metrics
        .as_ref()
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let target = &metric["resource"]["target"]["averageUtilization"];
        if metric["resource"]["name"] == "cpu" && target.is_number() {
            processor = Some(target.clone());
        } else {
            others.push(metric.clone());
        }
    }
    if let Some(target) = processor {
        spec.insert("targetCPUUtilizationPercentage".to_owned(), target);
    }
    if !others.is_empty() {
        object["metadata"]["annotations"][METRICS] = json!(others).to_string().into();
    }
    object["status"] = json!({"currentReplicas": 0, "desiredReplicas": 0});
}

fn to_second(object: &mut Value) {
    let others = object["metadata"]["annotations"].as_object_mut();
    let others = others.and_then(|annotations| annotations.remove(METRICS));
    let others = others.as_ref().and_then(Value::as_str);
    let mut metrics: Vec<Value> = others
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default();
    let Some(spec) = object["spec"].as_object_mut() else {
        return;
    };
    if let Some(target) = spec.remove("targetCPUUtilizationPercentage") {
        let target = json!({"type": "Utilization", "averageUtilization": target});
        let metric = json!({"type": "Resource", "resource": {"name": "cpu", "target": target}});
        metrics.push(metric);
    }
    if !metrics.is_empty() {
        spec.insert("metrics".to_owned(), metrics.into());
    }
    if let Some(status) = object["status"].as_object_mut() {
        status.remove("currentCPUUtilizationPercentage");
        status.insert("currentMetrics".to_owned(), Value::Null);
    }
}
