//! What `plumbline diff` takes: kubectl's options, and a few of its own.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::selector::Selector;

/// Arguments of `diff`.
#[derive(Debug, Args)]
#[group(skip)]
pub(crate) struct Diff {
    /// A file or directory of manifests, or - for standard input; may be given again.
    #[arg(
        short,
        long,
        value_name = "FILE|DIR|-",
        value_delimiter = ',',
        required_unless_present = "kustomize",
        conflicts_with = "kustomize"
    )]
    pub(super) filename: Vec<String>,
    /// A kustomization's directory.
    #[arg(short, long, value_name = "DIR", conflicts_with = "recursive")]
    pub(super) kustomize: Option<PathBuf>,
    /// Read the directories of --filename with all that is below them.
    #[arg(short = 'R', long, num_args = 0..=1, require_equals = true, value_name = "BOOL",
        default_value = "false", default_missing_value = "true", action = clap::ArgAction::Set)]
    pub(super) recursive: bool,
    /// Only objects with these labels: a=b, a!=b, a in (x,y), a notin (x,y), a, !a.
    #[arg(short = 'l', long, value_name = "LABELS", value_parser = Selector::parse)]
    pub(super) selector: Option<Selector>,
    /// The namespace of objects that name none, and the only one that objects may name.
    #[arg(short, long, value_name = "NAME")]
    pub(super) namespace: Option<String>,
    /// The context of the kubeconfig [default: its current one].
    #[arg(long, value_name = "NAME")]
    pub(super) context: Option<String>,
    /// The kubeconfig [default: KUBECONFIG, else ~/.kube/config].
    #[arg(long, value_name = "FILE")]
    pub(super) kubeconfig: Option<PathBuf>,
    /// Also show objects of this namespace that the manifests do not know; may be given again.
    #[arg(long, value_name = "NAMESPACE", value_delimiter = ',')]
    pub(super) unmanaged: Vec<String>,
    /// Name the differences that are no drift.
    #[arg(long)]
    pub(super) show_ignored: bool,
    /// How to print the differences.
    #[arg(short, long, default_value = "diff", value_name = "FORMAT")]
    pub(super) output: DiffFormat,
    /// A field manager that applies the manifests: what it wrote is not somebody else's change.
    #[arg(long, value_name = "NAME")]
    pub(super) field_manager: Option<String>,
    /// How many requests are under way at once [default: 8].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(super) concurrency: Option<u16>,
    /// What kubectl takes besides.
    #[command(flatten)]
    pub(super) kubectl: Kubectl,
}

/// Options of kubectl that change nothing here, or cannot be followed.
#[derive(Debug, Args)]
pub(crate) struct Kubectl {
    /// Taken as kubectl does; the comparison is always the server's own.
    #[arg(long, num_args = 0..=1, require_equals = true, value_name = "BOOL",
        default_value = "false", default_missing_value = "true", action = clap::ArgAction::Set)]
    pub(super) server_side: bool,
    /// Taken as kubectl does; a conflict never keeps an object from being compared.
    #[arg(long, num_args = 0..=1, require_equals = true, value_name = "BOOL",
        default_value = "false", default_missing_value = "true", action = clap::ArgAction::Set)]
    pub(super) force_conflicts: bool,
    /// Taken, and not followed: managed fields are told as who changed what.
    #[arg(long, num_args = 0..=1, require_equals = true, value_name = "BOOL",
        default_value = "false", default_missing_value = "true", action = clap::ArgAction::Set)]
    pub(super) show_managed_fields: bool,
    /// Taken, and not followed: secret values are never shown.
    #[arg(long, num_args = 0..=1, require_equals = true, value_name = "BOOL",
        default_value = "false", default_missing_value = "true", action = clap::ArgAction::Set)]
    pub(super) show_secrets: bool,
    /// Taken, and not followed: nothing is pruned; see --unmanaged.
    #[arg(long, num_args = 0..=1, require_equals = true, value_name = "BOOL",
        default_value = "false", default_missing_value = "true", action = clap::ArgAction::Set)]
    pub(super) prune: bool,
    /// Taken, and not followed: see --prune.
    #[arg(long, value_name = "KIND")]
    pub(super) prune_allowlist: Vec<String>,
    #[arg(long = "as", hide = true, value_name = "USER")]
    as_user: Option<String>,
    #[arg(long, hide = true, value_name = "GROUP")]
    as_group: Vec<String>,
    #[arg(long, hide = true, value_name = "NAME")]
    cluster: Option<String>,
    #[arg(long, hide = true, value_name = "NAME")]
    user: Option<String>,
    #[arg(short, long, hide = true, value_name = "URL")]
    server: Option<String>,
    #[arg(long, hide = true, value_name = "TOKEN")]
    token: Option<String>,
}

impl Kubectl {
    /// Why the command cannot go on: an option that would lead to another cluster, or there as somebody else.
    pub(super) fn refused(&self) -> Option<String> {
        let given = [
            ("--as", self.as_user.is_some()),
            ("--as-group", !self.as_group.is_empty()),
            ("--cluster", self.cluster.is_some()),
            ("--user", self.user.is_some()),
            ("--server", self.server.is_some()),
            ("--token", self.token.is_some()),
        ];
        let (name, _) = given.into_iter().find(|(_, given)| *given)?;
        Some(match name {
            "--as" | "--as-group" => format!(
                "{name}: write it into the kubeconfig instead (`as:` and `as-groups:` of a user), and name that with --kubeconfig or --context"
            ),
            name => format!(
                "{name}: write it into a context of the kubeconfig instead, and name that with --kubeconfig or --context"
            ),
        })
    }

    /// What is different from kubectl by what was given.
    pub(super) fn remarks(&self) -> Vec<&'static str> {
        let mut remarks = Vec::new();
        if self.prune || !self.prune_allowlist.is_empty() {
            remarks.push(
                "--prune: nothing is pruned here; --unmanaged NAMESPACE shows what the manifests do not know",
            );
        }
        if self.show_managed_fields {
            remarks.push(
                "--show-managed-fields: the fields' managers are told at each difference instead",
            );
        }
        if self.show_secrets {
            remarks.push(
                "--show-secrets: secret values are never shown; two hashes that differ show a change",
            );
        }
        remarks
    }
}

/// How differences are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DiffFormat {
    /// A unified diff an object, as kubectl prints it.
    Diff,
    /// The report of a scan, `plumbline/v1`.
    Json,
    /// The ids of the findings, one a line.
    Name,
}
