//! Option settings that the service fills in.

use domain::difference::DifferenceKind;
use domain::judge::Comparison;
use domain::pointer;
use serde_json::Value;

use crate::document;
use crate::places;
use crate::rule::Rule;

/// A setting of a database option at its documented default.
pub(crate) struct OptionSettingDefault;

const SETTINGS: &[(&str, &str)] = &[
    ("SERVER_AUDIT_FILE_PATH", "/rdsdbdata/log/audit/"),
    ("SERVER_AUDIT_FILE_ROTATE_SIZE", "1000000"),
    ("SERVER_AUDIT_FILE_ROTATIONS", "9"),
    ("SERVER_AUDIT_LOGGING", "ON"),
];

impl Rule for OptionSettingDefault {
    fn name(&self) -> &'static str {
        "option-setting-default"
    }

    fn source(&self) -> &'static str {
        "<https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/1310> and <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Appendix.MySQL.Options.AuditPlugin.html>"
    }

    fn summary(&self) -> &'static str {
        "A setting of a database option that the template leaves out is added by the service with its documented default."
    }

    fn notes(&self) -> String {
        format!(
            "Only these settings of the option `MARIADB_AUDIT_PLUGIN`, only where the same option stands at that \
             place on both sides and the template does not set them; another value is drift.\n\n{}",
            document::table(
                ["setting", "default"],
                SETTINGS
                    .iter()
                    .map(|(name, default)| [format!("`{name}`"), format!("`{default}`")]),
            )
        )
    }

    fn recognise(&self, comparison: &Comparison<'_>) -> Option<String> {
        let difference = comparison.difference;
        if comparison.resource_type != "AWS::RDS::OptionGroup"
            || difference.kind != DifferenceKind::Added
            || !places::fits("/OptionConfigurations/*/OptionSettings/*", &difference.path)
        {
            return None;
        }
        let (settings, _) = pointer::parent(&difference.path)?;
        let (option, _) = pointer::parent(settings)?;
        let is_plugin = |tree| {
            pointer::get(tree, option).and_then(|option| option.get("OptionName")?.as_str())
                == Some("MARIADB_AUDIT_PLUGIN")
        };
        let setting = difference.actual.as_ref()?.as_object()?;
        let (name, value) = (
            setting.get("Name")?.as_str()?,
            setting.get("Value")?.as_str()?,
        );
        let says = |setting: &Value| setting.get("Name").and_then(Value::as_str) == Some(name);
        let silent = match pointer::get(comparison.expected, settings) {
            None => true,
            Some(stated) => !stated.as_array()?.iter().any(says),
        };
        (is_plugin(comparison.expected)
            && is_plugin(comparison.actual)
            && silent
            && setting.len() == 2
            && SETTINGS.contains(&(name, value)))
        .then(|| "a setting of the option at its documented default".to_owned())
    }
}
