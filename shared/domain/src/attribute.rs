//! What follows from knowing who made a change.
//!
//! A look is judged before anybody is asked who bent what: most ways of asking
//! take their time. Here the same rules speak again with the answer. Severity
//! may rise with it and never falls; an ignore that asks for who or how applies.

use jiff::Timestamp;

use crate::attribution::Attribution;
use crate::difference::{Change, Difference, DifferenceKind};
use crate::finding::Finding;
use crate::judge::{Facts, Grade, IgnoredDifference, Judged, Notices, Rules, Sighting};
use crate::layer::Layer;
use crate::resource::Resource;
use crate::severity::{Cause, Severity};

/// Says who made a difference, or (`None`) a deleted or added resource as a whole.
pub type Who<'a> = dyn Fn(&Sighting, Option<&Difference>) -> Option<Attribution> + 'a;

/// A finding with what became known of who made it.
#[derive(Clone, Debug, PartialEq)]
pub struct Attributed {
    /// Its differences, with who made them where that is known.
    pub differences: Vec<Difference>,
    /// Who deleted or added the resource, where that is known.
    pub attribution: Option<Attribution>,
    /// The severity, not lower than before.
    pub severity: Severity,
    /// The cause of what decided it.
    pub cause: Cause,
    /// The rule that decided it.
    pub rule: String,
}

/// What is known of open findings: the same difference with the same values is
/// the same act, whichever look sees it.
pub fn known(
    findings: &[Finding],
) -> impl Fn(&Sighting, Option<&Difference>) -> Option<Attribution> {
    move |sighting, difference| {
        let finding = findings
            .iter()
            .find(|it| it.identity == sighting.identity && it.closed.is_none())?;
        match difference {
            None if finding.change == sighting.change => finding.attribution.clone(),
            None => None,
            Some(difference) => finding
                .differences
                .iter()
                .find(|it| it.is_same(difference))?
                .attribution
                .clone(),
        }
    }
}

/// Judges what a look saw once more, with what `who` says.
pub fn look(
    judged: &mut Judged,
    (rules, now): (&dyn Rules, Timestamp),
    who: &Who<'_>,
    notices: &mut Notices,
) {
    let desk = Desk { rules, now, who };
    for sighting in std::mem::take(&mut judged.sightings) {
        let (left, ignored) = match sighting.change {
            Change::Modified => desk.modified(sighting, notices),
            Change::Deleted | Change::Added => desk.whole(sighting, notices),
        };
        judged.ignored.extend(ignored);
        match left {
            Some(sighting) => judged.sightings.push(sighting),
            None => {
                judged.counts.drifted -= 1;
                judged.counts.ignored += 1;
            }
        }
    }
}

/// The rules, and who says what.
struct Desk<'a> {
    rules: &'a dyn Rules,
    now: Timestamp,
    who: &'a Who<'a>,
}

impl Desk<'_> {
    /// A modified resource; nothing is left of it where every difference is ignored now.
    fn modified(
        &self,
        mut sighting: Sighting,
        notices: &mut Notices,
    ) -> (Option<Sighting>, Vec<IgnoredDifference>) {
        let differences = std::mem::take(&mut sighting.differences);
        let mut ignored = Vec::new();
        let mut kept: Vec<(Difference, Option<Grade>)> = Vec::with_capacity(differences.len());
        for mut difference in differences {
            let answer = match difference.attribution {
                None => (self.who)(&sighting, Some(&difference)),
                Some(_) => None,
            };
            let Some(answer) = answer else {
                kept.push((difference, None));
                continue;
            };
            difference.attribution = Some(answer);
            let about = About::sighting(&sighting);
            let grade = about.regrade(&mut difference, self.rules, notices);
            let facts = about.facts(Some(&difference));
            match self.ignored(
                &facts,
                Some((difference.severity, difference.cause)),
                notices,
            ) {
                Some(one) => ignored.push(one),
                None => kept.push((difference, Some(grade))),
            }
        }
        let Some((worst, grade)) = kept.iter().rev().max_by_key(|(it, _)| it.severity) else {
            return (None, ignored);
        };
        if !ignored.is_empty() || worst.severity > sighting.severity {
            let rule = match grade {
                Some(grade) => grade.rule.clone(),
                None => {
                    let facts = About::sighting(&sighting).facts(Some(worst));
                    self.rules.grade(&facts, notices).rule
                }
            };
            (sighting.severity, sighting.cause, sighting.rule) =
                (worst.severity, worst.cause, rule);
        }
        sighting.differences = kept.into_iter().map(|(it, _)| it).collect();
        (Some(sighting), ignored)
    }

    /// A deleted or added resource.
    fn whole(
        &self,
        mut sighting: Sighting,
        notices: &mut Notices,
    ) -> (Option<Sighting>, Vec<IgnoredDifference>) {
        let answer = match sighting.attribution {
            None => (self.who)(&sighting, None),
            Some(_) => None,
        };
        let Some(answer) = answer else {
            return (Some(sighting), Vec::new());
        };
        sighting.attribution = Some(answer);
        let facts = About::sighting(&sighting).facts(None);
        let grade = self.rules.grade(&facts, notices);
        let known = match grade.severity > sighting.severity {
            true => (grade.severity, grade.cause),
            false => (sighting.severity, sighting.cause),
        };
        if let Some(ignored) = self.ignored(&facts, Some(known), notices) {
            return (None, vec![ignored]);
        }
        if grade.severity > sighting.severity {
            (sighting.severity, sighting.cause, sighting.rule) =
                (grade.severity, grade.cause, grade.rule);
        }
        (Some(sighting), Vec::new())
    }

    fn ignored(
        &self,
        facts: &Facts<'_>,
        known: Option<(Severity, Cause)>,
        notices: &mut Notices,
    ) -> Option<IgnoredDifference> {
        let facts = Facts {
            severity: known.map(|it| it.0),
            cause: known.map(|it| it.1),
            ..facts.clone()
        };
        let matched = self.rules.ignore(&facts, self.now, notices)?;
        Some(IgnoredDifference {
            resource: facts.resource.clone(),
            path: (facts.change == Change::Modified).then(|| facts.path.to_owned()),
            rule: matched.rule,
            detail: matched.reason,
        })
    }
}

/// A finding of the ledger with what `who` says of its differences; `None`
/// where that is nothing new. What an ignore makes of it shows at the next look.
pub fn finding(
    finding: &Finding,
    rules: &dyn Rules,
    who: &dyn Fn(Option<&Difference>) -> Option<Attribution>,
    notices: &mut Notices,
) -> Option<Attributed> {
    let mut attributed = Attributed {
        differences: finding.differences.clone(),
        attribution: finding.attribution.clone(),
        severity: finding.severity,
        cause: finding.cause,
        rule: finding.rule.clone(),
    };
    let mut grades = Vec::new();
    if finding.change == Change::Modified {
        for difference in attributed
            .differences
            .iter_mut()
            .filter(|it| it.attribution.is_none())
        {
            if let Some(answer) = who(Some(difference)) {
                difference.attribution = Some(answer);
                grades.push(About::finding(finding).regrade(difference, rules, notices));
            }
        }
    } else if finding.attribution.is_none()
        && let Some(answer) = who(None)
    {
        attributed.attribution = Some(answer);
        let about = About {
            attribution: attributed.attribution.as_ref(),
            ..About::finding(finding)
        };
        grades.push(rules.grade(&about.facts(None), notices));
    }
    if grades.is_empty() {
        return None;
    }
    for grade in grades {
        if grade.severity > attributed.severity {
            (attributed.severity, attributed.cause, attributed.rule) =
                (grade.severity, grade.cause, grade.rule);
        }
    }
    Some(attributed)
}

/// The resource that differences are about.
struct About<'a> {
    layer: Layer,
    target: &'a str,
    change: Change,
    resource: &'a Resource,
    /// Who made an added, or deleted a deleted one.
    attribution: Option<&'a Attribution>,
}

impl<'a> About<'a> {
    fn sighting(sighting: &'a Sighting) -> Self {
        Self {
            layer: sighting.identity.layer(),
            target: &sighting.target,
            change: sighting.change,
            resource: &sighting.resource,
            attribution: sighting.attribution.as_ref(),
        }
    }

    fn finding(finding: &'a Finding) -> Self {
        Self {
            layer: finding.identity.layer(),
            target: &finding.target,
            change: finding.change,
            resource: &finding.resource,
            attribution: finding.attribution.as_ref(),
        }
    }

    fn facts<'f>(&self, difference: Option<&'f Difference>) -> Facts<'f>
    where
        'a: 'f,
    {
        let kind = match (difference, self.change) {
            (Some(difference), _) => difference.kind,
            (None, Change::Added) => DifferenceKind::Added,
            (None, _) => DifferenceKind::Removed,
        };
        let attribution = match difference {
            Some(difference) => difference.attribution.as_ref(),
            None => self.attribution,
        };
        Facts {
            layer: self.layer,
            target: self.target,
            change: self.change,
            severity: None,
            cause: None,
            resource: self.resource,
            path: difference.map_or("", |it| it.path.as_str()),
            kind,
            expected: difference.and_then(|it| it.expected.as_ref()),
            actual: difference.and_then(|it| it.actual.as_ref()),
            attribution,
            console: attribution.is_some_and(|it| it.console),
        }
    }

    /// Grades a difference anew; the higher severity stays, with its cause.
    fn regrade(
        &self,
        difference: &mut Difference,
        rules: &dyn Rules,
        notices: &mut Notices,
    ) -> Grade {
        let grade = rules.grade(&self.facts(Some(difference)), notices);
        if grade.severity > difference.severity {
            (difference.severity, difference.cause) = (grade.severity, grade.cause);
        }
        grade
    }
}

#[cfg(test)]
mod tests;
